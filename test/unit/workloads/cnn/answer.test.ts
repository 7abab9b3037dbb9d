import { expect, it } from 'vitest';
import { serializeRow } from '../../../../src/contract/row.ts';
import { CnnOfRows, cnnAnswerSchema } from '../../../../src/workloads/cnn/answer.ts';
import { type Found, writeState } from '../../../../src/workloads/cnn/state.ts';

const TRUTH = { classes: ['a', 'b'], train: { 'd/1': 0, 'd/2': 1 }, test: { 'd/3': 0, 'd/4': 1 } };
const outcome = (found: Found) =>
  Buffer.from(writeState({ side: 8, classes: 2, found, values: new Float32Array([1]) }));
const row = (key: string, label: string) => ({ key, width: 8, height: 8, channels: 3 as const, label });

it('has what each round came to, and counts the rows of the last stage', () => {
  const answer = new CnnOfRows(TRUTH);
  answer.addOutcome(outcome({ loss: 2_500_000, train: [0, 2], test: [1, 2] }));
  answer.addOutcome(outcome({ loss: null, train: [2, 2], test: [1, 2] }));
  for (const [key, label] of [
    ['d/1', 'a'],
    ['d/2', 'b'],
    ['d/3', 'a'],
    ['d/4', 'a'],
    ['d/5', 'b'],
  ] as const) {
    expect(answer.check(serializeRow(row(key, label)))).toEqual({ row: row(key, label) });
    answer.add(row(key, label));
  }
  const found = answer.finish({ add: expect.fail });
  expect(cnnAnswerSchema.parse(found)).toEqual(found);
  expect(found).toMatchObject({
    ...{ images: 5, learned: 2, labelled: 2, correct: 1, accuracy: 0.5, labels: ['a', 'b'] },
    rounds: [{ loss: 2.5, train: 1, test: 0.5 }],
    confusion: [
      [1, 0],
      [1, 0],
    ],
    wrong: [{ key: 'd/4', label: 'a', truth: 'b' }],
    values: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

it('tells where the last stage has found something else than its rows', () => {
  const answer = new CnnOfRows(TRUTH);
  answer.addOutcome(outcome({ loss: null, train: [2, 2], test: [2, 2] }));
  answer.add(row('d/3', 'b'));
  const problems: string[] = [];
  answer.finish({ add: (code, example) => void problems.push(`${code}: ${example}`) });
  expect(problems).toEqual([
    'OUTCOME_INCONSISTENT: 2 of 2 and 2 of 2 images recognised in the last stage, but 0 of 0 and 0 of 1 by its rows',
  ]);
});

it.each([
  ['{"key":"a","width":8,"height":8,"channels":3,"label":"c"}', 'ROW_INCONSISTENT'],
  ['{"key":"a","width":8,"height":8,"channels":3}', 'ROW_MALFORMED'],
  ['{"key":"a","width":8,"height":8,"channels":3,"label":1}', 'ROW_MALFORMED'],
])('refuses the row %s', (text, problem) => {
  expect(new CnnOfRows(TRUTH).check(text)).toMatchObject({ problem });
});
