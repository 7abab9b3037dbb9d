import { expect, it } from 'vitest';
import { serializeRow } from '../../../../src/contract/row.ts';
import { classifiedRow } from '../../../../src/workloads/classify/classified-row.ts';

const IMAGE = { key: 'a.jpg', width: 500, height: 375 };
const MODEL = { labels: ['cat', 'dog'], isSoftmax: true, top: 5 };

it('a row has the label of the best class, the best ones, and the hash of the output', () => {
  expect(serializeRow(classifiedRow(IMAGE, Float32Array.of(0.25, 0.75), MODEL))).toBe(
    '{"key":"a.jpg","width":500,"height":375,"channels":3,"label":"dog","scores":[[1,750000],[0,250000]],"logits":"d556cc0117cefd62"}',
  );
  expect(classifiedRow(IMAGE, Float32Array.of(0.25, 0.75), { ...MODEL, top: 1 })).toMatchObject({
    scores: [[1, 750_000]],
  });
});

it('of an output that is not finite it is an error', () => {
  expect(serializeRow(classifiedRow(IMAGE, Float32Array.of(0.25, Number.NaN), MODEL))).toBe(
    '{"key":"a.jpg","error":{"code":"SCORES_NOT_FINITE","message":"the model gave scores for the image that are no finite numbers: check the model"}}',
  );
});
