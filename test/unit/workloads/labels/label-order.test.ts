import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inLabelOrder } from '../../../../src/workloads/labels/label-order.ts';

it.each([
  ['integers by number', ['10', '9', '-1', '0'], ['-1', '0', '9', '10']],
  [
    'integers that no double tells apart',
    ['9007199254740993', '9007199254740992'],
    ['9007199254740992', '9007199254740993'],
  ],
  ['two forms of one number by code unit', ['7', '07'], ['07', '7']],
  ['others by code unit', ['b', 'B', 'a'], ['B', 'a', 'b']],
  ['integers by code unit beside others', ['10', '9', 'cat'], ['10', '9', 'cat']],
  ['decimal fractions by code unit', ['10.5', '9.5'], ['10.5', '9.5']],
  ['others by code unit, not by code point', ['\uffee', '😀'], ['😀', '\uffee']],
  ['each once', ['1', '0', '1'], ['0', '1']],
  ['none', [], []],
])('labels are in their order: %s', (_, labels, ordered) => {
  expect(inLabelOrder(labels)).toEqual(ordered);
  expect(inLabelOrder(labels.toReversed())).toEqual(ordered);
});

it('their order does not depend on how they come', () => {
  const anyLabel = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.bigInt().map(String),
    fc.constantFrom('01', '1', '-0', '0'),
  );
  fc.assert(
    fc.property(fc.array(anyLabel), (labels) => {
      expect(inLabelOrder(labels.toReversed())).toEqual(inLabelOrder(labels));
    }),
  );
});
