import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type Assigned,
  type Centre,
  MOST_COUNT,
  MOST_VALUES,
  prepareCentres,
} from '../../../src/kernel/centres.ts';
import { chooseKernel } from '../../../src/kernel/choose-kernel.ts';
import { loadAddon } from '../../../src/kernel/native-addon.ts';
import { MOST_LENGTH } from '../../../src/kernel/nearest.ts';

const folder = mkdtempSync(join(tmpdir(), 'fanfleet-centres-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KINDS = ['portable', ...(loadAddon() === undefined ? [] : (['native'] as const))] as const;

/** One fraction after the other. */
function slow(centres: readonly Centre[], length: number, vectors: Uint8Array): Assigned {
  const assigned = {
    labels: new Uint32Array(vectors.length / length),
    counts: centres.map(() => 0),
    squares: centres.map(() => 0),
    sums: centres.map(() => Array.from({ length }, () => 0)),
  };
  for (let at = 0; at < assigned.labels.length; at += 1) {
    const vector = [...vectors.subarray(at * length, (at + 1) * length)];
    const label = nearestOf(centres, vector);
    assigned.labels[at] = label;
    assigned.counts[label] = (assigned.counts[label] ?? 0) + 1;
    assigned.squares[label] = vector.reduce((sum, value) => sum + value ** 2, assigned.squares[label] ?? 0);
    assigned.sums[label] = vector.map((value, index) => value + (assigned.sums[label]?.[index] ?? 0));
  }
  return assigned;
}

/** The distance to a centre is above / below. */
function nearestOf(centres: readonly Centre[], vector: readonly number[]): number {
  const distances = centres.map(({ count, sum }) => ({
    above: vector.reduce(
      (total, value, at) => total + (BigInt(value * count) - BigInt(sum[at] ?? 0)) ** 2n,
      0n,
    ),
    below: BigInt(count) ** 2n,
  }));
  let best = 0;
  for (const [at, { above, below }] of distances.entries()) {
    const nearest = distances[best] ?? { above, below };
    if (above * nearest.below < nearest.above * below) best = at;
  }
  return best;
}

const values = (length: number, value: fc.Arbitrary<number>) =>
  fc.array(value, { minLength: length, maxLength: length });

/** Few values make ties; counts of up to 2^31 make fractions that hardly differ. */
const problem = fc
  .record({
    length: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(63, 64, 65, 66, 192, 300)),
    count: fc.integer({ min: 1, max: 40 }),
    vectors: fc.integer({ min: 0, max: 40 }),
    most: fc.constantFrom(255, 1, 7),
    vectorsOfACentre: fc.constantFrom(1, 3, MOST_COUNT - 1, MOST_COUNT),
  })
  .chain(({ length, count, vectors, most, vectorsOfACentre }) =>
    fc.record({
      length: fc.constant(length),
      centres: fc.array(
        fc.integer({ min: 1, max: vectorsOfACentre }).chain((count) =>
          fc.record({
            count: fc.constant(count),
            sum: values(
              length,
              fc.oneof(
                fc.nat(most * count),
                fc.nat(most).map((value) => value * count),
              ),
            ),
          }),
        ),
        { minLength: count, maxLength: count },
      ),
      vectors: values(vectors * length, fc.nat(most)).map((values) => Uint8Array.from(values)),
    }),
  );

describe.each(KINDS)('%s', (kind) => {
  test('finds what one fraction after the other gives', async () => {
    await fc.assert(
      fc.asyncProperty(problem, async ({ length, centres, vectors }) => {
        const prepared = await prepareCentres(kind, centres, length);
        expect(await prepared.assign(vectors)).toEqual(slow(centres, length, vectors));
      }),
      { numRuns: kind === 'portable' ? 40 : 100, seed: 1 },
    );
  }, 120_000);

  test('of centres on both sides of a vector the first is taken, unless it is farther by the least that there is', async () => {
    const count = MOST_COUNT - 1;
    const centre = (offset: number): Centre => ({ count, sum: [100 * count + offset, 7 * count] });
    const labelOf = async (...centres: Centre[]) =>
      (await (await prepareCentres(kind, centres, 2)).assign(Uint8Array.of(100, 7))).labels[0];
    expect(await labelOf(centre(5), centre(-5))).toBe(0);
    expect(await labelOf(centre(-5), centre(5))).toBe(0);
    expect(await labelOf(centre(5), centre(-4), centre(4))).toBe(1);
    const same = [3, 1, MOST_COUNT].map((count) => ({ count, sum: [101 * count, 7 * count] }));
    expect(await labelOf(...same)).toBe(0);
  });

  test('the longest vectors and the greatest sums are exact', async () => {
    const all = (value: number) => Array.from({ length: MOST_LENGTH }, () => value);
    const centres = [0, 255].map((value) => ({ count: MOST_COUNT, sum: all(value * MOST_COUNT) }));
    const vectors = Uint8Array.from([...all(255), ...all(254), ...all(0)]);
    const { labels, counts, squares, sums } = await (await prepareCentres(kind, centres, MOST_LENGTH)).assign(
      vectors,
    );
    expect([...labels]).toEqual([1, 1, 0]);
    expect(counts).toEqual([1, 2]);
    expect(squares).toEqual([0, MOST_LENGTH * (255 ** 2 + 254 ** 2)]);
    expect(sums).toEqual([all(0), all(509)]);
  });

  test('answers calls side by side, each its own, of views into larger buffers too', async () => {
    const centres = Array.from({ length: 200 }, (_, at) => ({ count: 1, sum: [at, at] }));
    const prepared = await prepareCentres(kind, centres, 2);
    const bytes = Uint8Array.from({ length: 201 }, (_, at) => at);
    const found = await Promise.all(
      Array.from({ length: 40 }, (_, at) => prepared.assign(bytes.subarray(5 * at, 5 * at + 4))),
    );
    expect(found.map(({ labels }) => [...labels])).toEqual(found.map((_, at) => [5 * at, 5 * at + 2]));
  });

  test('says what it is, and refuses what does not fit', async () => {
    const prepared = await prepareCentres(kind, [{ count: 2, sum: [0, 510, 3] }], 3);
    expect(prepared).toMatchObject({ name: kind === 'native' ? 'native' : 'wasm', count: 1, length: 3 });
    const refused = (what: string) => ({
      code: 'INVALID_INPUT',
      source: 'user',
      message: expect.stringContaining(what),
    });
    await expect(prepared.assign(new Uint8Array(4))).rejects.toMatchObject(
      refused('whole vectors of 3 bytes'),
    );
    const one = { count: 1, sum: [1] };
    for (const [centres, length, what] of [
      [[], 1, 'one or more centres'],
      [[one], 0, 'vectors of 1 to'],
      [[one], 1.5, 'vectors of 1 to'],
      [[one], MOST_LENGTH + 1, 'vectors of 1 to'],
      [[one], 2, 'centre 0 to have 2 sums but got 1'],
      [[one, { count: 0, sum: [0] }], 1, 'centre 1 to be the mean of 1 to 2^31 vectors but got 0'],
      [[{ count: MOST_COUNT + 1, sum: [0] }], 1, '2^31 vectors'],
      [[{ count: 1.5, sum: [0] }], 1, '2^31 vectors'],
      [[{ count: 3, sum: [766] }], 1, 'sums of 3 bytes, 0 to 765, but got 766'],
      [[{ count: 3, sum: [-1] }], 1, 'but got -1'],
      [[{ count: 3, sum: [0.5] }], 1, 'but got 0.5'],
      [new Array<Centre>(MOST_VALUES / 64 + 1).fill(one), 64, `of ${MOST_VALUES} values in all`],
    ] as const) {
      await expect(prepareCentres(kind, centres, length)).rejects.toMatchObject(refused(what));
    }
  });

  test('as many centres as there may be', async () => {
    const count = MOST_VALUES / 16;
    const centres = Array.from({ length: count }, (_, at) => ({
      count,
      sum: Array.from({ length: 16 }, () => 255 * at),
    }));
    const prepared = await prepareCentres(kind, centres, 16);
    const vectors = [0, 1, 128, 255].flatMap((value) => new Array<number>(16).fill(value));
    const { labels } = await prepared.assign(Uint8Array.from(vectors));
    expect([...labels]).toEqual(
      [0, 1, 128, 255].map((value) => Math.min(count - 1, Math.round((value * count) / 255))),
    );
  });

  test('a kernel has its own', async () => {
    const kernel = await chooseKernel(kind);
    const prepared = await kernel.centres?.([{ count: 1, sum: [4] }], 1);
    expect(prepared?.name).toBe(kernel.name);
    expect((await prepared?.assign(Uint8Array.of(9, 9)))?.sums).toEqual([[18]]);
  });
});

test('without the addon it is WebAssembly, and asking for native is an error of the user', async () => {
  const nowhere = join(folder, 'kernel.node');
  const centres = [{ count: 1, sum: [1] }];
  expect((await prepareCentres('auto', centres, 1, nowhere)).name).toBe('wasm');
  await expect(prepareCentres('native', centres, 1, nowhere)).rejects.toMatchObject({
    code: 'NATIVE_KERNEL_MISSING',
  });
});

test('more vectors than WebAssembly is given at once are one answer', async () => {
  const centres = [0, 255].map((value) => ({ count: 1, sum: [value, value, value] }));
  const count = 6_000_001;
  const vectors = new Uint8Array(3 * count).fill(250, 3 * (count - 400_001));
  const { labels, counts, squares, sums } = await (await prepareCentres('portable', centres, 3)).assign(
    vectors,
  );
  expect(labels.length).toBe(count);
  expect(labels.indexOf(1)).toBe(count - 400_001);
  expect(labels.lastIndexOf(0)).toBe(count - 400_002);
  expect(counts).toEqual([5_600_000, 400_001]);
  expect(squares).toEqual([0, 3 * 250 ** 2 * 400_001]);
  expect(sums).toEqual([[0, 0, 0], new Array(3).fill(250 * 400_001)]);
});

test.runIf(loadAddon() !== undefined)('native and WebAssembly find the same among many', async () => {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  const centres = Array.from({ length: 50 }, () => ({
    count: 97,
    sum: Array.from({ length: 300 }, () => 97 * next()),
  }));
  const vectors = Uint8Array.from({ length: 3_000 * 300 }, next);
  const found = await Promise.all(
    KINDS.map(async (kind) => (await prepareCentres(kind, centres, 300)).assign(vectors)),
  );
  expect(found[1]).toEqual(found[0]);
});
