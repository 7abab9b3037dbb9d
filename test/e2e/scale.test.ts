import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { cliJson } from '../../scripts/own-stack/cli.ts';
import { connectStack, readRows } from '../../scripts/own-stack/stack.ts';
import { readManifest } from '../../src/aggregate/manifest-stream.ts';
import { layout } from '../../src/contract/layout.ts';
import { makeSample } from '../../src/dataset/sample.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { IS_FULL } from '../support/full-only.ts';

const COUNT = 10_000;
const MIB = 2 ** 20;

/** `alone/main-job.test.ts` has the same of 1,797. */
describe.runIf(IS_FULL)('10,000 small images', () => {
  let folder: string;
  let summary: Summary;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fanfleet-scale-'));
    const { folder: images } = await makeSample('digits', folder, { count: COUNT });
    const home = inject('home');
    await cliJson(home, ['dataset', 'upload', images, '--prefix', 'many/']);
    summary = await cliJson<Summary>(home, ['run', 'many/', '--no-baseline']);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are planned, and none is lost or doubled on either arm', async () => {
    // Prepare
    const stack = await connectStack(inject('home'));
    const planned: string[] = [];
    for await (const { objects } of readManifest(stack.runs.stream(layout.manifest(summary.runId)))) {
      planned.push(...objects.map(({ key }) => key));
    }

    // Act
    const [serverless, fleet] = await Promise.all([
      readRows(stack, summary.runId, 'serverless'),
      readRows(stack, summary.runId, 'fleet'),
    ]);

    // Assess
    expect(new Set(planned).size).toBe(COUNT);
    expect(serverless).toBe(fleet);
    const keys = fleet
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).key as string);
    expect(keys).toEqual(planned);
    expect(summary.agreement.equal).toBe(true);
  });

  it('take less memory than a measure function has', () => {
    for (const { arm, work } of summary.rounds.flatMap((round) => round.arms)) {
      expect(work?.rssPeakBytes, arm).toBeGreaterThan(50 * MIB);
      expect(work?.rssPeakBytes, arm).toBeLessThan(summary.request.memory * MIB);
    }
  });
});
