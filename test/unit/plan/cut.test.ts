import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, batchSchema, type DatasetObject } from '../../../src/contract/manifest.ts';
import {
  collect as collectAll,
  inKeyOrder,
  KeyOrderError,
  sortByKey,
} from '../../../src/dataset/key-order.ts';
import { compareKeys } from '../../../src/dataset/order.ts';
import { type CutOptions, cutBatches, MAX_BATCH_JSON_BYTES, OBJECT_WEIGHT } from '../../../src/plan/cut.ts';
import { seededRandom } from '../../../src/statistics/random.ts';

/** Keys of up to 1,024 bytes with everything that needs escaping or more than one byte. */
const keys = fc
  .array(
    fc.constantFrom(
      'a',
      'Z',
      '0',
      '/',
      ' ',
      '#',
      '?',
      '+',
      '%',
      '"',
      "'",
      '\\',
      '\n',
      '\u0001',
      'é',
      '\uffee',
      '😀',
    ),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .chain((characters) =>
    fc.integer({ min: 1, max: 40 }).map((times) => longest(characters.join('').repeat(times))),
  );

function longest(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= 1_000) return text;
  return bytes
    .subarray(0, 1_000)
    .toString()
    .replace(/\ufffd+$/, '');
}

const objects = fc
  .uniqueArray(fc.record({ key: keys, size: fc.oneof(fc.constant(0), fc.nat({ max: 5_000_000 })) }), {
    selector: ({ key }) => key,
    minLength: 1,
    maxLength: 300,
  })
  .map((list) =>
    list.map((object, i): DatasetObject => ({ ...object, etag: `"${String(i).padStart(32, '0')}"` })),
  );

const options = fc.record({
  batchSize: fc.integer({ min: 1, max: 400 }),
  minBatches: fc.integer({ min: 1, max: 50 }),
  targetBytes: fc.integer({ min: 1, max: 100_000_000 }),
});

function paged(list: readonly DatasetObject[], size: number): DatasetObject[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* stream<T>(pages: Iterable<T>): AsyncGenerator<T> {
  yield* pages;
}

async function cut(list: readonly DatasetObject[], cutOptions: CutOptions, pageSize = 7): Promise<Batch[]> {
  return collect(cutBatches(paged(list, pageSize), cutOptions));
}

const sorted = (list: readonly DatasetObject[]) => list.toSorted((a, b) => compareKeys(a.key, b.key));
const weight = (batch: Batch) => batch.bytes + batch.objects.length * OBJECT_WEIGHT;

function made(
  count: number,
  size: (i: number) => number,
  key = (i: number) => `k${String(i).padStart(9, '0')}.jpg`,
) {
  return Array.from({ length: count }, (_, i) => ({
    key: key(i),
    size: size(i),
    etag: `"${'0'.repeat(32)}"`,
  }));
}

describe('cutBatches', () => {
  it('loses, doubles and reorders nothing, numbers from 0, and keeps every cap', async () => {
    await fc.assert(
      fc.asyncProperty(objects, options, async (list, cutOptions) => {
        const batches = await cut(sorted(list), cutOptions);
        expect(batches.flatMap((batch) => batch.objects)).toEqual(sorted(list));
        expect(batches.length).toBeGreaterThanOrEqual(Math.min(list.length, cutOptions.minBatches));
        for (const [i, batch] of batches.entries()) {
          expect(batchSchema.parse(batch).batch).toBe(i);
          expect(batch.bytes).toBe(batch.objects.reduce((sum, { size }) => sum + size, 0));
          expect(batch.objects.length).toBeLessThanOrEqual(cutOptions.batchSize);
          expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThanOrEqual(MAX_BATCH_JSON_BYTES);
          if (batch.objects.length > 1) expect(batch.bytes).toBeLessThanOrEqual(cutOptions.targetBytes);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('keeps 200 KiB of JSON with keys of 1,024 bytes that escape to six times that', async () => {
    const list = made(
      2_000,
      () => 10,
      (i) => `${String(i).padStart(24, '0')}${'\u0001'.repeat(1_000)}`,
    );
    const batches = await cut(list, { batchSize: 10_000 });
    const sizes = batches.map((batch) => Buffer.byteLength(JSON.stringify(batch)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_BATCH_JSON_BYTES);
    // 33 entries of 6,108 bytes fit: no more batches than that needs.
    expect(batches).toHaveLength(Math.ceil(2_000 / 33));
  });

  it('has no batch heavier than an even share and one object', async () => {
    await fc.assert(
      fc.asyncProperty(objects, fc.integer({ min: 1, max: 30 }), async (list, minBatches) => {
        const batches = await cut(sorted(list), { batchSize: 10_000, minBatches, targetBytes: 2 ** 50 });
        const weights = batches.map(weight);
        const share = weights.reduce((a, b) => a + b, 0) / batches.length;
        const heaviestObject = Math.max(...list.map(({ size }) => size)) + OBJECT_WEIGHT;
        expect(Math.max(...weights)).toBeLessThanOrEqual(share + heaviestObject);
      }),
      { numRuns: 50 },
    );
  });

  it('balances empty objects by their number', async () => {
    const batches = await cut(
      made(1_000, (i) => (i < 500 ? 0 : 1)),
      { batchSize: 10_000, minBatches: 8 },
    );
    expect(batches.map((batch) => batch.objects.length)).toEqual(new Array(8).fill(125));
  });

  it('takes an image in a shard for less work than one that needs a GET', async () => {
    const objects = made(1_000, () => 20_000).map((object, i) =>
      i < 500 ? object : { ...object, shard: { key: 's.tar', offset: 20_480 * i } },
    );
    const [loose = [], packed = []] = (await cut(objects, { batchSize: 10_000, minBatches: 2 })).map(
      (batch) => batch.objects,
    );
    expect(loose.length).toBeLessThan(500);
    expect(packed.length - loose.length).toBeGreaterThan(300);
  });

  it('gives an image over the target a batch of its own', async () => {
    const batches = await cut(
      made(5, (i) => (i === 2 ? 500 : 40)),
      { batchSize: 100, targetBytes: 100 },
    );
    expect(batches.map((batch) => batch.objects.map(({ size }) => size))).toEqual([
      [40, 40],
      [500],
      [40, 40],
    ]);
  });

  it('goes over windows without a short batch at the end, and without many more batches than needed', async () => {
    const random = seededRandom(7);
    const list = made(50_001, () => Math.floor(20_000 + random() * 180_000));
    const batches = await cut(list, { batchSize: 120 }, 1_000);
    expect(batches.flatMap((batch) => batch.objects)).toEqual(list);
    expect(batches.map(({ batch }) => batch)).toEqual(batches.map((_, i) => i));
    expect(batches.length).toBeLessThanOrEqual(Math.ceil(50_001 / 120) + 5);
    const weights = batches.map(weight);
    expect(Math.max(...weights) / Math.min(...weights)).toBeLessThan(1.3);
  });

  it('reaches the wanted number of batches over several windows', async () => {
    const batches = await cut(
      made(25_000, () => 1_000),
      { batchSize: 1_000, minBatches: 2_000 },
      1_000,
    );
    expect(batches.length).toBe(2_000);
    expect(Math.max(...batches.map((batch) => batch.objects.length))).toBeLessThanOrEqual(15);
  });

  it('refuses a key that alone is over the cap', async () => {
    const list = made(
      1,
      () => 1,
      () => 'x'.repeat(300_000),
    );
    await expect(cut(list, { batchSize: 1 })).rejects.toMatchObject({ code: 'OBJECT_TOO_LONG' });
  });
});

describe('key order', () => {
  it('cuts the same manifest from an unordered listing as from an ordered one', async () => {
    await fc.assert(
      fc.asyncProperty(objects, options, async (list, cutOptions) => {
        const fromUnordered = await collect(cutBatches([sortByKey(list)], cutOptions));
        const fromOrdered = await collect(
          cutBatches(inKeyOrder(stream(paged(sorted(list), 10))), cutOptions),
        );
        expect(fromUnordered).toEqual(fromOrdered);
      }),
      { numRuns: 50 },
    );
  });

  it('notices a key out of order within a page and between pages', async () => {
    const [a, b, c] = made(3, () => 1) as [DatasetObject, DatasetObject, DatasetObject];
    for (const pages of [[[b, a]], [[a, c], [b]]]) {
      await expect(collect(inKeyOrder(stream(pages)))).rejects.toBeInstanceOf(KeyOrderError);
    }
  });

  it('goes by UTF-8 and not by UTF-16: an emoji comes after U+FFEE', async () => {
    const list = [{ key: '\uffee' }, { key: '😀' }].map((object) => ({ ...object, size: 1, etag: '"e"' }));
    await expect(collect(inKeyOrder(stream([list])))).resolves.toEqual([list]);
    expect(sortByKey(list.toReversed())).toEqual(list);
  });

  it('refuses a key that is listed twice, ordered or not', async () => {
    const [a, b] = made(2, () => 1) as [DatasetObject, DatasetObject];
    await expect(collect(inKeyOrder(stream([[a], [a]])))).rejects.toMatchObject({
      code: 'DUPLICATE_KEY',
    });
    expect(() => sortByKey([a, b, a])).toThrow('DUPLICATE_KEY');
  });

  it('refuses to hold more keys than the limit', async () => {
    const pages = paged(
      made(11, () => 1),
      4,
    );
    await expect(collectAll(stream(pages), 10)).rejects.toMatchObject({
      code: 'TOO_MANY_UNORDERED_KEYS',
      source: 'user',
    });
    await expect(collectAll(stream(pages), 11)).resolves.toHaveLength(11);
  });
});
