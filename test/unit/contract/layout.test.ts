import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchName, layout } from '../../../src/contract/layout.ts';
import { compareKeys } from '../../../src/dataset/order.ts';

describe('layout', () => {
  it('puts everything of a run where docs/architecture.md says', () => {
    expect({
      request: layout.request('r'),
      manifest: layout.manifest('r'),
      plan: layout.plan('r'),
      baseline: layout.baseline('r'),
      summary: layout.summary('r'),
      report: layout.report('r'),
      armInfo: layout.armInfo('r', 'fleet', 1),
      result: layout.result('r', 'serverless', 0, 42),
      span: layout.span('r', 'fleet', 2, 7),
      normalised: layout.normalised('r', 'fleet', 2, 'train/a b.png', 'jpeg'),
    }).toEqual({
      request: 'runs/r/request.json',
      manifest: 'runs/r/manifest.json',
      plan: 'runs/r/plan.json',
      baseline: 'runs/r/baseline.json',
      summary: 'runs/r/summary.json',
      report: 'runs/r/report.html',
      armInfo: 'runs/r/fleet/round-1/arm.json',
      result: 'runs/r/serverless/round-0/results/000000042.jsonl',
      span: 'runs/r/fleet/round-2/spans/000000007.json',
      normalised: 'runs/r/fleet/round-2/normalised/train/a b.png.jpg',
    });
  });

  it('keeps the rounds and arms of a run apart, and runs apart', () => {
    const spans = ['r', 'r2'].flatMap((run) =>
      (['serverless', 'fleet'] as const).flatMap((arm) =>
        [1, 10].map((round) => layout.spans(run, arm, round)),
      ),
    );
    for (const prefix of spans) expect(spans.filter((other) => other.startsWith(prefix))).toEqual([prefix]);
  });

  it('lists batches in order up to a million of them', () => {
    const batch = fc.integer({ min: 0, max: 999_999 });
    fc.assert(
      fc.property(batch, batch, (a, b) => {
        expect(Math.sign(compareKeys(batchName(a), batchName(b)))).toBe(Math.sign(a - b));
      }),
    );
  });
});
