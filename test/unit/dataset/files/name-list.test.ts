import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NameList } from '../../../../src/dataset/files/name-list.ts';
import { compareKeys } from '../../../../src/dataset/order.ts';

function sorted(names: readonly string[]): string[] {
  const list = new NameList();
  for (const name of names) list.add(name);
  const taken: string[] = [];
  for (let name = list.next(); name !== undefined; name = list.next()) taken.push(name);
  return taken;
}

test('names come in the order of their UTF-8 bytes, equal ones as often as they were added', () => {
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 6 })
    .filter((text) => !text.includes('\0'));
  const alike = fc.array(fc.constantFrom('a', 'b', 'é', '/'), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          name,
          alike.map((letters) => letters.join('')),
        ),
      ),
      (names) => {
        expect(sorted(names)).toEqual(names.toSorted(compareKeys));
      },
    ),
    { numRuns: 200 },
  );
});

test('a folder sorts by what its files begin with', () => {
  expect(sorted(['a/', 'a.png', 'a-b.png', 'a', 'a0.png'])).toEqual([
    'a',
    'a-b.png',
    'a.png',
    'a/',
    'a0.png',
  ]);
});

test('names that are long, alike or many are no matter', () => {
  const long = Array.from({ length: 3_000 }, (_, at) => `${'日'.repeat(80)}${(at * 7919) % 3_000}.png`);
  expect(sorted(long)).toEqual(long.toSorted(compareKeys));
  expect(sorted([])).toEqual([]);
});
