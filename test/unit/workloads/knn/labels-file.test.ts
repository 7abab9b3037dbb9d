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

it('no key of an image is lost, whatever it is called', () => {
  const set = { width: 1, height: 1, labels: ['7'], labelOf: Uint32Array.of(0) };
  const { asked } = readLabels(writeLabels(set, ['t'], [['__proto__', '7']]));
  expect(Object.entries(asked)).toEqual([['__proto__', '7']]);
});

const training = { width: 1, height: 1, keys: ['t'], labelOf: [0] };

it.each([
  [{ labels: ['a'], asked: {} }, 'Expected object for `training`'],
  [{ labels: ['a'], training, asked: { q: 7 } }, 'Expected object of texts for `asked`'],
  [{ labels: ['a'], training, asked: [] }, 'Expected object of texts for `asked`'],
  [
    { labels: ['a'], training: { ...training, keys: [1] }, asked: {} },
    'Expected array of texts for `training.keys`',
  ],
  [
    { labels: ['a'], training: { ...training, labelOf: [-1] }, asked: {} },
    'Expected array of integers of at least 0 for `training.labelOf`',
  ],
])('labels of another form are refused: %j', (file, why) => {
  expect(() => readLabels(Buffer.from(JSON.stringify(file)))).toThrow(why);
});
