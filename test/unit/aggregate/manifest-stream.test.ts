import { describe, expect, it } from 'vitest';
import { readManifest } from '../../../src/aggregate/manifest-stream.ts';
import type { Batch } from '../../../src/contract/manifest.ts';
import { batchesOf, MemoryBucket } from './fixture.ts';

const batches = batchesOf(['a.jpg', 'b\nb.jpg', 'é ]}.jpg', '😀,.jpg', '\uffee.jpg'], 2);

describe('readManifest', () => {
  it.each([
    ['brackets on their own lines', `[\n${batches.map((b) => JSON.stringify(b)).join(',\n')}\n]\n`],
    ['brackets beside the batches', `[${batches.map((b) => JSON.stringify(b)).join(',\n')}]`],
    ['commas in front', `[${batches.map((b) => JSON.stringify(b)).join('\n,')}\n]`],
  ])('reads %s, cut anywhere', async (_, text) => {
    for (const chunkBytes of [1, 7, 65_536]) expect(await read(text, chunkBytes)).toEqual(batches);
  });

  it('reads an array without a batch', async () => {
    expect(await read('[]')).toEqual([]);
    expect(await read('[\n]\n')).toEqual([]);
  });

  it.each([
    ['nothing', '', 'cut off'],
    ['no array', '{}', 'start of an array'],
    ['an array that does not end', `[\n${JSON.stringify(batches[0])},\n`, 'cut off'],
    ['half a batch', '[\n{"batch":0,', 'one batch in JSON'],
    ['another shape', '[\n{"batch":0}\n]', '{batch, bytes, objects}'],
    ['a gap', lines(batches[0], batches[2]), 'expected batch 1 but found 2'],
    ['a batch twice', lines(batches[0], batches[0]), 'expected batch 1 but found 0'],
    ['keys in another order', lines(batches[0], { ...batches[0], batch: 1 }), 'keys in order'],
    ['the last key again', lines({ ...batches[2], batch: 0 }, { ...batches[2], batch: 1 }), 'keys in order'],
    ['more after the end', '[\n]\n[]', 'nothing after the end'],
  ])('refuses %s', async (_, text, why) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
    await expect(read(text)).rejects.toThrow(why);
  });
});

function lines(...values: unknown[]): string {
  return `[\n${values.map((value) => JSON.stringify(value)).join(',\n')}\n]\n`;
}

async function read(text: string, chunkBytes = 10): Promise<Batch[]> {
  const bucket = new MemoryBucket(chunkBytes);
  bucket.put('m', text);
  const found: Batch[] = [];
  for await (const batch of readManifest(bucket.stream('m'))) found.push(batch);
  return found;
}
