import { expect, it } from 'vitest';
import { readTruth, truthOf, writeTruth } from '../../../../src/workloads/classify/truth-file.ts';

it('labels have their order, and images the place of theirs', () => {
  const labels = new Map([
    ['a/2.png', '10'],
    ['a/1.png', '9'],
    ['b', '10'],
  ]);
  expect(writeTruth(labels).toString()).toBe('{"labels":["9","10"],"of":{"a/2.png":1,"a/1.png":0,"b":1}}');
  expect(writeTruth(new Map()).toString()).toBe('{"labels":[],"of":{}}');
});

it('what an image is, is found by its key, whatever that is', () => {
  const truth = readTruth(
    writeTruth(
      new Map([
        ['__proto__', 'café'],
        ['7', 'dog'],
      ]),
    ),
  );
  expect(truthOf(truth, '__proto__')).toBe('café');
  expect(truthOf(truth, '7')).toBe('dog');
  expect(truthOf(truth, 'toString')).toBeNull();
});

it.each([
  [{ of: {} }, 'Expected array of texts for `labels`'],
  [{ labels: [7], of: {} }, 'Expected array of texts for `labels`'],
  [{ labels: ['a'], of: [] }, 'Expected object of integers of at least 0 for `of`'],
  [{ labels: ['a'], of: { k: -1 } }, 'Expected object of integers of at least 0 for `of`'],
  [{ labels: ['a'], of: { k: 1 } }, 'Expected places of labels that there are for `of`'],
])('a truth of another form is refused: %j', (file, why) => {
  expect(() => readTruth(Buffer.from(JSON.stringify(file)))).toThrow(why);
});
