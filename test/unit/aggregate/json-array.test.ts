import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readObjects } from '../../../src/aggregate/json-array.ts';

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

const read = (text: string, size = 7, longest = 1000) =>
  Array.fromAsync(readObjects(cut(text, size), longest));

describe('readObjects', () => {
  it('gives back what was written as one array, or as lines, however the bytes are cut', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    const object = fc.dictionary(text, fc.oneof(text, fc.jsonValue({ maxDepth: 2 })), { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(object, { maxLength: 6 }),
        fc.integer({ min: 1, max: 50 }),
        async (objects, size) => {
          const expected = objects.map((value) => JSON.parse(JSON.stringify(value)) as unknown);
          const lines = objects.map((value) => JSON.stringify(value)).join('\n');
          for (const written of [JSON.stringify(objects), JSON.stringify(objects, null, 2), lines]) {
            expect(await read(written, size, 100_000)).toEqual(expected);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keeps braces, quotes and backslashes in texts where they are', async () => {
    const objects = [{ input: JSON.stringify({ key: 'a}"]\\{' }), list: [[{}], '}'] }, {}];
    expect(await read(JSON.stringify(objects), 1)).toEqual(objects);
  });

  it.each([
    ['that does not end', '[{"a":1},{"b":'],
    ['that is no JSON', '[{"a":1},{b}]'],
    ['that is too long', `[{"a":"${'x'.repeat(2000)}"}]`],
  ])('throws for an object %s', async (_, text) => {
    await expect(read(text)).rejects.toThrow(SyntaxError);
  });
});
