import { expect, it } from 'vitest';
import { readLabels, writeLabels } from '../../../../src/workloads/knn/labels-file.ts';

it('labels are read as they were written', () => {
  const set = { width: 3, height: 2, labels: ['café', '7'], labelOf: Uint32Array.of(1, 0) };
  const asked: [string, string][] = [
    ['q/1', '7'],
    ['2', 'dog'],
  ];
  expect(readLabels(writeLabels(set, ['t/a', 't/b'], asked))).toEqual({
    labels: ['café', '7'],
    training: { width: 3, height: 2, keys: ['t/a', 't/b'], labelOf: [1, 0] },
    asked: { 'q/1': '7', 2: 'dog' },
  });
});

it('labels of another form are refused', () => {
  expect(() => readLabels(Buffer.from('{"labels":["a"],"asked":{}}'))).toThrow('for `training`');
});
