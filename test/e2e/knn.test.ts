import { readFile } from 'node:fs/promises';
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
import { independentKnn } from './support/independent-knn.ts';
import { SHARED_ENGINES, sharedFleet } from './support/shared-fleet.ts';

const K = 3;
/** Of the 1,797 digits: so many are asked, and the others are learned from. */
const ASK = 500;

let stack: ConnectedStack;
let independent: string;

beforeAll(async () => {
  stack = await connectStack(inject('home'));
  const digits = join(inject('home'), 'dataset/digits');
  independent = await independentKnn(digits, { ask: ASK, k: K, prefix: 'digits/' });
});

describe.each(SHARED_ENGINES)('the digits by their nearest, with engine %s', (engine) => {
  let runId: string;
  let summary: Summary;

  beforeAll(async () => {
    const fleet = await sharedFleet(engine);
    runId = await startExecution(stack, {
      ...{ prefix: 'digits/', fleet, workload: { name: 'knn', params: { k: K, ask: ASK } } },
    });
    expect(await waitForEnd(stack, runId)).toMatchObject({ status: 'SUCCEEDED' });
    summary = await readSummary(stack, runId);
  });

  it('have the rows on both arms that numpy gives', async () => {
    expect(summary.agreement.equal).toBe(true);
    expect(summary.rounds.flatMap(({ arms }) => arms.map(({ valid }) => valid))).toEqual([true, true]);
    expect(summary.plan.items).toBe(ASK);
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
      ...{ kind: 'knn', asked: ASK, labelled: ASK, correct, accuracy: correct / ASK },
      labels: Array.from({ length: 10 }, (_, digit) => String(digit)),
    });
    expect(correct / ASK).toBeGreaterThan(0.95);
    const { stdout } = await cli(stack.home, ['report', runId]);
    expect(stdout).toContain(`${correct} of ${ASK}`);
  });

  it('are on the page where they were not recognised, each with its nearest, whoever makes the page', async () => {
    const { answer } = summary;
    const shown = answer?.kind === 'knn' ? answer.wrong.slice(0, 12) : [];
    const { stdout } = await cli(stack.home, ['report', runId]);
    const page = await readFile(stdout.trimEnd().split('\n').at(-1) ?? '', 'utf8');
    expect(page.match(/<img class="thumbnail pixelated" src="data:image\/png;base64,/g)).toHaveLength(
      shown.length * (1 + K),
    );
    const anew = await cli(stack.home, ['report', runId, '--format', 'html']);
    expect(anew.stdout.trimEnd()).toBe(page.trimEnd());
  });
});

it('a k that is larger than the training set ends the run before its arms, and says so', async () => {
  const input = { prefix: 'digits/', workload: { name: 'knn', params: { k: 100, ask: 1_750 } } };
  const runId = await startExecution(stack, input);
  const ended = await waitForEnd(stack, runId);
  expect(ended.status).toBe('FAILED');
  // The offline AWS has a name of its own for every error of a function.
  expect(ended.cause).toContain('[INVALID_INPUT]');
  expect(ended.cause).toContain('there are 47 that can be used');
});
