import { describe, expect, it } from 'vitest';
import { readAhead } from '../../../src/concurrency/read-ahead.ts';

type Deferred = { readonly size: number; readonly reading: PromiseWithResolvers<string>; begun: boolean };

const items = (...sizes: number[]): Deferred[] =>
  sizes.map((size) => ({ size, reading: Promise.withResolvers<string>(), begun: false }));
const start = (all: readonly Deferred[], bytes: number, concurrency: number) =>
  readAhead(all, {
    read: (item) => {
      item.begun = true;
      return item.reading.promise;
    },
    bytesOf: ({ size }) => size,
    bytes,
    concurrency,
  });
const begun = (all: readonly Deferred[]) => all.filter((item) => item.begun).length;

describe('readAhead', () => {
  it('gives values in the order of the items, whichever is read first', async () => {
    const all = items(1, 1, 1);
    const values = start(all, 10, 3);
    for (const [i, { reading }] of [...all.entries()].reverse()) reading.resolve(`value ${i}`);
    const found = await Array.fromAsync(values);
    expect(found.map(([, value]) => value)).toEqual(['value 0', 'value 1', 'value 2']);
    expect(found.map(([item]) => item)).toEqual(all);
  });

  it('reads no more at once than the bytes and the concurrency let it', async () => {
    for (const [bytes, concurrency, expected] of [
      [10, 99, [2, 3, 3, 4]],
      [99, 1, [1, 2, 3, 4]],
      [1, 99, [1, 2, 3, 4]],
    ] as const) {
      const all = items(5, 5, 5, 6);
      const values = start(all, bytes, concurrency);
      for (const { reading } of all) reading.resolve('');
      for (const count of expected) {
        const next = values.next();
        await next;
        expect(begun(all)).toBe(count);
      }
    }
  });

  it('throws a failure where its value would have come', async () => {
    const all = items(1, 1, 1);
    const values = start(all, 10, 3);
    const first = values.next();
    all[1]?.reading.reject(new Error('lost'));
    all[0]?.reading.resolve('one');
    expect((await first).value?.[1]).toBe('one');
    await expect(values.next()).rejects.toThrow('lost');
  });
});
