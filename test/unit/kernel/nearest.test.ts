import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { loadAddon } from '../../../src/kernel/native-addon.ts';
import { MOST_LENGTH, prepareNearest } from '../../../src/kernel/nearest.ts';

const folder = mkdtempSync(join(tmpdir(), 'fanfleet-nearest-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KINDS = ['portable', ...(loadAddon() === undefined ? [] : (['native'] as const))] as const;

/** One distance after the other. */
function slow(training: Uint8Array, length: number, queries: Uint8Array, k: number) {
  const found: { indices: number[]; distances: number[] } = { indices: [], distances: [] };
  const vectors = cut(training, length);
  for (const query of cut(queries, length)) {
    const all = vectors
      .map((vector, index) => ({ index, distance: distanceOf(vector, query) }))
      .sort((a, b) => a.distance - b.distance || a.index - b.index)
      .slice(0, k);
    found.indices.push(...all.map(({ index }) => index));
    found.distances.push(...all.map(({ distance }) => distance));
  }
  return found;
}

function cut(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: bytes.length / length }, (_, at) =>
    bytes.subarray(at * length, (at + 1) * length),
  );
}

function distanceOf(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, at) => sum + (value - (b[at] ?? 0)) ** 2, 0);
}

/** Few values make ties, and only the extremes the largest distances. */
const problem = fc
  .record({
    length: fc.integer({ min: 1, max: 40 }),
    count: fc.integer({ min: 1, max: 90 }),
    queries: fc.integer({ min: 0, max: 15 }),
    k: fc.integer({ min: 1, max: 100 }),
    value: fc.constantFrom(fc.nat(255), fc.nat(1), fc.constantFrom(0, 255), fc.constant(7)),
  })
  .chain(({ length, count, queries, k, value }) => {
    const bytes = (size: number) =>
      fc.array(value, { minLength: size, maxLength: size }).map((values) => Uint8Array.from(values));
    return fc.record({
      length: fc.constant(length),
      k: fc.constant(k),
      training: bytes(count * length),
      queries: bytes(queries * length),
    });
  });

describe.each(KINDS)('%s', (kind) => {
  test('finds what one distance after the other gives', async () => {
    await fc.assert(
      fc.asyncProperty(problem, async ({ length, k, training, queries }) => {
        const nearest = await prepareNearest(training, length, kind);
        const { indices, distances } = await nearest.find(queries, k);
        expect({ indices: [...indices], distances: [...distances] }).toEqual(
          slow(training, length, queries, k),
        );
      }),
      { numRuns: kind === 'portable' ? 25 : 150, seed: 1 },
    );
  }, 60_000);

  test('finds the greatest distance that there is', async () => {
    const training = new Uint8Array(2 * MOST_LENGTH).fill(255, MOST_LENGTH);
    const nearest = await prepareNearest(training, MOST_LENGTH, kind);
    const { indices, distances } = await nearest.find(new Uint8Array(MOST_LENGTH), 5);
    expect([...indices]).toEqual([0, 1]);
    expect([...distances]).toEqual([0, 4_294_966_275]);
  });

  test('answers calls side by side, each its own', async () => {
    const training = Uint8Array.from({ length: 256 * 3 }, (_, at) => Math.floor(at / 3));
    const nearest = await prepareNearest(training, 3, kind);
    const queries = Array.from({ length: 40 }, (_, at) => new Uint8Array(3).fill(6 * at));
    const found = await Promise.all(queries.map((query) => nearest.find(query, 2)));
    expect(found.map(({ indices }) => [...indices])).toEqual(
      queries.map((_, at) => (at === 0 ? [0, 1] : [6 * at, 6 * at - 1])),
    );
  });

  test('takes views into larger buffers', async () => {
    const bytes = Uint8Array.from([9, 9, 9, 0, 0, 4, 4, 9]);
    const nearest = await prepareNearest(bytes.subarray(3, 7), 2, kind);
    const { indices, distances } = await nearest.find(bytes.subarray(1, 3), 1);
    expect([...indices, ...distances]).toEqual([1, 50]);
  });

  test('says what it is, and refuses what does not fit', async () => {
    const nearest = await prepareNearest(new Uint8Array(12), 4, kind);
    expect(nearest).toMatchObject({ name: kind === 'native' ? 'native' : 'wasm', count: 3, length: 4 });
    const refused = { code: 'INVALID_INPUT', source: 'user' };
    for (const k of [0, -1, 1.5, Number.NaN]) {
      await expect(nearest.find(new Uint8Array(4), k)).rejects.toMatchObject(refused);
    }
    await expect(nearest.find(new Uint8Array(5), 1)).rejects.toMatchObject(refused);
    for (const [bytes, length] of [
      [0, 4],
      [5, 4],
      [4, 0],
      [4, 1.5],
      [MOST_LENGTH + 1, MOST_LENGTH + 1],
    ] as const) {
      await expect(prepareNearest(new Uint8Array(bytes), length, kind)).rejects.toMatchObject(refused);
    }
  });
});

test('without the addon it is WebAssembly, and asking for native is an error of the user', async () => {
  const nowhere = join(folder, 'kernel.node');
  expect((await prepareNearest(new Uint8Array(1), 1, 'auto', nowhere)).name).toBe('wasm');
  const missing = prepareNearest(new Uint8Array(1), 1, 'native', nowhere);
  await expect(missing).rejects.toMatchObject({ code: 'NATIVE_KERNEL_MISSING' });
});

test('more than the memory of WebAssembly is an error of the user, and later calls are answered', async () => {
  const nearest = await prepareNearest(
    Uint8Array.from({ length: 4096 }, (_, at) => at),
    1,
    'portable',
  );
  const tooMany = nearest.find(new Uint8Array(300_000), 4096);
  await expect(tooMany).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', source: 'user' });
  expect([...(await nearest.find(Uint8Array.of(3), 1)).indices]).toEqual([3]);
});

test.runIf(loadAddon() !== undefined)('native and WebAssembly find the same among many', async () => {
  let state = 1;
  const bytes = (count: number) =>
    Uint8Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
  const [training, queries] = [bytes(1_000 * 784), bytes(30 * 784)];
  const found = await Promise.all(
    KINDS.map(async (kind) => (await prepareNearest(training, 784, kind)).find(queries, 20)),
  );
  expect(found[1]).toEqual(found[0]);
});
