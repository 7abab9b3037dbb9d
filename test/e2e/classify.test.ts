import { join } from 'node:path';
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
import type { Summary } from '../../src/report/summary-schema.ts';
import { independentlyClassified, putDigitsModel } from './support/digits-classified.ts';
import { SHARED_ENGINES, sharedFleet } from './support/shared-fleet.ts';

const TOP = 3;
const IMAGES = 1_797;

let stack: ConnectedStack;
let model: string;
let independent: string;

beforeAll(async () => {
  stack = await connectStack(inject('home'));
  model = await putDigitsModel('models/classified/');
  const digits = join(inject('home'), 'dataset/digits');
  independent = await independentlyClassified(digits, { top: TOP, prefix: 'digits/' });
});

describe.each(SHARED_ENGINES)('the digits by a model, with engine %s', (engine) => {
  let runId: string;
  let summary: Summary;

  beforeAll(async () => {
    const fleet = await sharedFleet(engine);
    runId = await startExecution(stack, {
      ...{ prefix: 'digits/', fleet, workload: { name: 'classify', params: { model, top: TOP } } },
    });
    expect(await waitForEnd(stack, runId)).toMatchObject({ status: 'SUCCEEDED' });
    summary = await readSummary(stack, runId);
  });

  it('have the rows on both arms that ONNX Runtime gives for what Pillow makes of them', async () => {
    expect(summary.agreement.equal).toBe(true);
    expect(summary.rounds.flatMap(({ arms }) => arms.map(({ valid }) => valid))).toEqual([true, true]);
    expect(await readRows(stack, runId, 'serverless')).toBe(independent);
    expect(await readRows(stack, runId, 'fleet')).toBe(independent);
  });

  it('are compared with their names, in the summary and in the report', async () => {
    const rows = independent
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { key: string; label: string });
    const correct = rows.filter(({ key, label }) => key.endsWith(`-${label}.png`)).length;
    expect(summary.answer).toMatchObject({
      ...{ kind: 'classify', classified: IMAGES, labelled: IMAGES, correct, accuracy: correct / IMAGES },
    });
    expect(correct / IMAGES).toBeGreaterThan(0.85);
    const { stdout } = await cli(stack.home, ['report', runId]);
    expect(stdout).toContain(correct.toLocaleString('en-US'));
  });
});

it('a model that is not there ends the run before its arms, and says so', async () => {
  const params = { model: 'models/none.onnx' };
  const runId = await startExecution(stack, { prefix: 'digits/', workload: { name: 'classify', params } });
  const ended = await waitForEnd(stack, runId);
  expect(ended.status).toBe('FAILED');
  // The offline AWS has a name of its own for every error of a function.
  expect(ended.cause).toContain('[INVALID_INPUT]');
  expect(ended.cause).toContain('models/none.onnx but it is not there');
});
