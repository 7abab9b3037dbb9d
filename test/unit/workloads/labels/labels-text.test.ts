import fc from 'fast-check';
import { expect, it } from 'vitest';
import { arrayText, objectText, writeLabelsText } from '../../../../src/workloads/labels/labels-text.ts';

it('is the JSON of its parts, however many there are', () => {
  const fields = fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary' }), fc.string()), {
    selector: ([name]) => name,
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.integer())), fields, (values, entries) => {
      const file = writeLabelsText(['[', ...arrayText(values), ',', ...objectText(entries), ']']);
      const [array, object] = JSON.parse(file.toString()) as [unknown, object];
      expect(array).toEqual(values);
      expect(new Map(Object.entries(object))).toEqual(new Map(entries));
    }),
    { numRuns: 50 },
  );
  const many = Array.from({ length: 50_000 }, (_, n) => n);
  expect(JSON.parse(writeLabelsText(arrayText(many)).toString())).toEqual(many);
});

it('has no more bytes than are allowed, and says what to do', () => {
  const labels = ['é', 'ü'];
  expect(writeLabelsText(arrayText(labels), 11).toString()).toBe('["é","ü"]');
  expect(() => writeLabelsText(arrayText(labels), 10)).toThrow(
    /\[INVALID_INPUT\] Expected the keys and labels of all images to take at most 0 MiB .* narrower prefix/,
  );
  const endless = (function* () {
    for (;;) yield 'label';
  })();
  expect(() => writeLabelsText(endless, 1024 * 1024)).toThrow('at most 1 MiB');
});
