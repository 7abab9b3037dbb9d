import { beforeAll, describe, expect, inject, it } from 'vitest';
import {
  type ConnectedStack,
  connectStack,
  readSummary,
  startExecution,
  waitForEnd,
} from '../../scripts/own-stack/stack.ts';
import { copySample } from './support/copy-sample.ts';
import { SHARED_ENGINES, sharedFleet } from './support/shared-fleet.ts';

/** Of the 1,797 digits. */
const IMAGES = 240;
const PREFIX = 'cnn-digits/';
const PARAMS = { rounds: 3, steps: 10, shards: 2, ask: 60 };

let stack: ConnectedStack;

beforeAll(async () => {
  stack = await connectStack(inject('home'));
  await copySample('digits', IMAGES, PREFIX);
});

describe.each(SHARED_ENGINES)('a network that learns digits, with engine %s', (engine) => {
  it('has the same values to the bit, and the same rows, on both arms', async () => {
    const fleet = await sharedFleet(engine);
    const runId = await startExecution(stack, {
      ...{ prefix: PREFIX, fleet },
      workload: { name: 'cnn', params: PARAMS },
    });
    expect(await waitForEnd(stack, runId)).toMatchObject({ status: 'SUCCEEDED' });
    const { agreement, answer, rounds, plan } = await readSummary(stack, runId);
    // The digest has every state in it.
    expect(agreement).toMatchObject({ equal: true });
    expect(rounds.flatMap(({ arms }) => arms.map(({ valid }) => valid))).toEqual([true, true]);
    expect(plan).toMatchObject({ batches: PARAMS.shards });
    expect(answer).toMatchObject({ kind: 'cnn', images: IMAGES, learned: 180, labelled: 60 });
    if (answer?.kind !== 'cnn') expect.fail('Expected the answer of cnn.');
    expect(answer.rounds).toHaveLength(PARAMS.rounds);
    expect(answer.accuracy).toBeGreaterThan(0.5);
    expect(answer.accuracy).toBe(answer.rounds.at(-1)?.test);
  });
});
