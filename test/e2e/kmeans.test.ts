import { beforeAll, describe, expect, inject, it } from 'vitest';
import { cli } from '../../scripts/own-stack/cli.ts';
import {
  type ConnectedStack,
  connectStack,
  readRows,
  readSummary,
  startExecution,
  waitForEnd,
} from '../../scripts/own-stack/stack.ts';
import { type Arm, armSchema } from '../../src/contract/arm.ts';
import { layout } from '../../src/contract/layout.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { copySample } from './support/copy-sample.ts';
import { digestOfStages, type IndependentStage, independentKmeans } from './support/independent-kmeans.ts';
import { SHARED_ENGINES, sharedFleet } from './support/shared-fleet.ts';

const K = 10;
/** Of the 1,797 digits. */
const IMAGES = 240;
const BATCH_SIZE = 50;
const MOST_ITERATIONS = 5;
const PREFIX = 'kmeans-digits/';

let stack: ConnectedStack;
let expected: readonly IndependentStage[];

beforeAll(async () => {
  stack = await connectStack(inject('home'));
  await copySample('digits', IMAGES, PREFIX);
  expected = await independentKmeans({
    images: IMAGES,
    k: K,
    maxIterations: MOST_ITERATIONS,
    prefix: PREFIX,
  });
});

describe.each(SHARED_ENGINES)('the digits in clusters, with engine %s', (engine) => {
  let runId: string;
  let summary: Summary;

  beforeAll(async () => {
    const fleet = await sharedFleet(engine);
    runId = await startExecution(stack, {
      ...{ prefix: PREFIX, fleet, batchSize: BATCH_SIZE },
      workload: { name: 'kmeans', params: { k: K, maxIterations: MOST_ITERATIONS } },
    });
    expect(await waitForEnd(stack, runId)).toMatchObject({ status: 'SUCCEEDED' });
    summary = await readSummary(stack, runId);
  });

  it('have on both arms the rows and centres of every stage that fractions give', async () => {
    expect(summary.agreement).toMatchObject({ equal: true, digest: digestOfStages(expected) });
    expect(summary.rounds.flatMap(({ arms }) => arms.map(({ valid }) => valid))).toEqual([true, true]);
    for (const arm of armSchema.options) {
      for (const [number, stage] of expected.entries()) {
        expect(await outcomeOf(runId, arm, number), `${arm}, stage ${number}`).toBe(stage.outcome);
        const rows = await readRows(stack, runId, arm, number);
        expect(rows.trimEnd().split('\n'), `${arm}, stage ${number}`).toEqual(stage.rows);
      }
      expect((await readRows(stack, runId, arm)).trimEnd().split('\n')).toEqual(expected.at(-1)?.rows);
      expect(await stack.runs.get(layout.outcome(runId, arm, 0, expected.length)).catch(String)).toContain(
        'OBJECT_NOT_FOUND',
      );
    }
  });

  it('are compared with their names, in the summary and in the report', async () => {
    const outcomes = expected.map(
      ({ outcome }) => JSON.parse(outcome) as { inertia: string; sizes: number[] },
    );
    const { answer } = summary;
    expect(answer).toMatchObject({
      ...{ kind: 'kmeans', images: IMAGES, k: K, iterations: expected.length, empty: [] },
      inertia: outcomes.map(({ inertia }) => inertia),
      agreement: { labelled: IMAGES },
    });
    if (answer?.kind !== 'kmeans') throw new TypeError('Expected clusters.');
    expect(answer.clusters.map(({ size }) => size)).toEqual(outcomes.at(-1)?.sizes);
    // By chance it would be 0.
    expect(answer.agreement?.adjustedRandIndex).toBeGreaterThan(0.3);
    const { code } = await cli(stack.home, ['report', runId]);
    expect(code).toBe(0);
  });
});

it('more clusters than images end the run before its arms, and say so', async () => {
  const workload = { name: 'kmeans', params: { k: IMAGES + 1 } };
  const runId = await startExecution(stack, { prefix: PREFIX, workload });
  const ended = await waitForEnd(stack, runId);
  expect(ended.status).toBe('FAILED');
  // The offline AWS has a name of its own for every error of a function.
  expect(ended.cause).toContain('[INVALID_INPUT]');
  expect(ended.cause).toContain(`clusters, ${IMAGES + 1}, but there are ${IMAGES} that can be used`);
});

async function outcomeOf(runId: string, arm: Arm, stage: number): Promise<string> {
  return (await stack.runs.get(layout.outcome(runId, arm, 0, stage))).toString('utf8');
}
