import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FileSource, mergeFound } from '../../../../src/dataset/files/merge-found.ts';
import { compareKeys } from '../../../../src/dataset/order.ts';

function source(keys: readonly string[], from: string, opened: string[] = []): FileSource {
  const files = keys.map((key) => ({ key, path: key }));
  return {
    from,
    open: async function* () {
      opened.push(from);
      for (let at = 0; at < files.length; at += 2) {
        yield [];
        yield files.slice(at, at + 2);
      }
    },
  };
}

async function keysOf(sources: readonly FileSource[]): Promise<string[]> {
  return (await Array.fromAsync(mergeFound(sources))).flat().map(({ key }) => key);
}

test('files of all sources come in the order of their keys', async () => {
  const keys = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '/', '-', '😀'), maxLength: 4 }));
  await fc.assert(
    fc.asyncProperty(fc.array(keys, { maxLength: 5 }), async (lists) => {
      const sources = lists.map((list) => {
        const inOrder = list.toSorted(compareKeys);
        return source(inOrder, inOrder[0] ?? '');
      });
      expect(await keysOf(sources)).toEqual(lists.flat().toSorted(compareKeys));
    }),
    { numRuns: 300 },
  );
});

test('a source is not opened before its first file may be the next one', async () => {
  const opened: string[] = [];
  const files = mergeFound([source(['c/1'], 'c/', opened), source(['a/1', 'a/2', 'a/3'], 'a/', opened)]);
  await files.next();
  expect(opened).toEqual(['a/']);
  await Array.fromAsync(files);
  expect(opened).toEqual(['a/', 'c/']);
});
