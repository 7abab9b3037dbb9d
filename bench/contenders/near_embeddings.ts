/** The nearest embeddings of some, each by its key, from the file as `fanfleet nearest` finds them. */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { METRICS, NearestEmbeddings } from '../../src/embeddings/nearest-embeddings.ts';
import { openEmbeddings } from '../../src/embeddings/read-embeddings.ts';
import { serve } from './serve.ts';

await serve<'embeddings'>(async ({ folder }, variant) => {
  const metric = METRICS.find((name) => name === variant) ?? 'l2';
  const path = join(folder, 'embeddings.parquet');
  const { keys, k } = JSON.parse(await readFile(join(folder, 'queries.json'), 'utf8'));
  return async () => {
    const found: number[][] = [];
    for (const key of keys) found.push(await nearest(path, key, k));
    return found;
  };

  async function nearest(path: string, key: string, k: number): Promise<number[]> {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const read = async (start: number, end: number) => {
        const bytes = Buffer.allocUnsafe(end - start);
        await file.read(bytes, 0, bytes.length, start);
        return bytes;
      };
      const { groups, format } = await openEmbeddings({ bytes: size, read }, path);
      for (const group of groups) {
        const at = (await group.keys()).indexOf(key);
        if (at < 0) continue;
        const query = (await group.numbers()).slice(at * format.length, (at + 1) * format.length);
        const search = new NearestEmbeddings(query, metric, k);
        for (const each of groups) search.add(await each.numbers());
        return search.nearest.map(({ row }) => row);
      }
      throw new TypeError(`Expected ${key} in ${path}.`);
    } finally {
      await file.close();
    }
  }
});
