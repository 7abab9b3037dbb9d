import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kmeansReducer } from '../../../../src/workloads/kmeans/reducer.ts';
import { readState, type State, writeState } from '../../../../src/workloads/kmeans/state.ts';
import { writeSums } from '../../../../src/workloads/kmeans/sums.ts';
import { assigned, centre, type Image, image, inertiaOf, stateOf, sumsOf } from './exact.ts';

const MANY = 300;
const bufferOf = (state: State) => Buffer.from(writeState(state));

/** What a stage comes to, of images in batches of this size. */
function reduced(images: readonly Image[], state: State, size: number, number = 0, maxIterations = MANY) {
  const work = { k: state.centres.length, maxIterations };
  const reducer = kmeansReducer(work, { number, state: bufferOf(state) });
  for (let from = 0; from < images.length; from += size) {
    reducer.add(Buffer.from(writeSums(sumsOf(images.slice(from, from + size), state.centres))));
  }
  const { outcome, isLast } = reducer.finish();
  return { text: outcome, isLast, outcome: readState(Buffer.from(outcome)) };
}

describe('the reduce of kmeans', () => {
  it('gives the means, sizes and inertia that fractions give', () => {
    const images = fc.array(image, { maxLength: 30 });
    const centres = fc.array(centre, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(images, centres, (all, from) => {
        const { outcome } = reduced(all, stateOf(from), 100);
        const clusters = assigned(all, from);
        for (const [cluster, before] of from.entries()) {
          const own = all.filter((_, n) => clusters[n] === cluster);
          const sum = [0, 1, 2].map((at) => own.reduce((total, one) => total + (one[at] ?? 0), 0));
          expect(outcome.sizes?.[cluster]).toBe(own.length);
          expect(outcome.centres[cluster]).toEqual(own.length === 0 ? before : { count: own.length, sum });
        }
        expect(BigInt((outcome.inertia ?? '').replace('.', ''))).toBe(inertiaOf(all, from));
      }),
      { numRuns: 200 },
    );
  });

  it('is the same to the byte however images are cut into batches', () => {
    const images = fc.array(image, { minLength: 1, maxLength: 60 });
    const centres = fc.array(centre, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(images, centres, fc.integer({ min: 1, max: 20 }), (all, from, size) => {
        expect(reduced(all, stateOf(from), size).text).toBe(reduced(all, stateOf(from), 100).text);
      }),
      { numRuns: 50 },
    );
  });

  it('ends where no centre changes, and then no image would go elsewhere; inertia never grows', () => {
    const distinct = fc.uniqueArray(image, { selector: String, minLength: 6, maxLength: 40 });
    fc.assert(
      fc.property(distinct, fc.integer({ min: 1, max: 6 }), (all, k) => {
        let state = stateOf(all.slice(0, k).map((sum) => ({ count: 1, sum })));
        const inertia: bigint[] = [];
        for (let number = 0; ; number += 1) {
          const { outcome, isLast } = reduced(all, state, 7, number);
          inertia.push(inertiaOf(all, state.centres));
          expect(isLast).toBe(
            outcome.centres.every(
              (each, n) =>
                String(each.sum) === String(state.centres[n]?.sum) && each.count === state.centres[n]?.count,
            ),
          );
          if (isLast) {
            expect(assigned(all, outcome.centres)).toEqual(assigned(all, state.centres));
            break;
          }
          expect(number).toBeLessThan(MANY);
          state = outcome;
        }
        for (const [n, value] of inertia.entries())
          if (n > 0) expect(value).toBeLessThanOrEqual(inertia[n - 1] ?? 0n);
      }),
      { numRuns: 50 },
    );
  });

  it('ends after as many stages as are asked for', () => {
    const state = stateOf([{ count: 1, sum: [0, 0, 0] }]);
    const images: Image[] = [[1, 2, 3]];
    expect(reduced(images, state, 1, 1, 3).isLast).toBe(false);
    expect(reduced(images, state, 1, 2, 3).isLast).toBe(true);
  });

  it('keeps the centre of a cluster without images, and writes one text form', () => {
    const state = stateOf([
      { count: 2, sum: [1, 1, 1] },
      { count: 3, sum: [600, 700, 765] },
    ]);
    const { text } = reduced([[0, 0, 1]], state, 1);
    expect(text).toBe(
      '{"width":1,"height":1,"centres":[{"count":1,"sum":[0,0,1]},{"count":3,"sum":[600,700,765]}],"sizes":[1,0],"inertia":"0.750000"}',
    );
    expect(reduced([], state, 1).outcome).toEqual({ ...state, sizes: [0, 0], inertia: '0.000000' });
  });

  it('adds up what passes 2^53', () => {
    const state = stateOf([{ count: 2 ** 31, sum: [0, 0, 255 * 2 ** 31 - 1] }]);
    const reducer = kmeansReducer({ k: 1, maxIterations: 9 }, { number: 0, state: bufferOf(state) });
    const count = 2 ** 30;
    const batch = {
      counts: [count],
      squares: [3 * count * 255 ** 2],
      sums: [[255, 255, 255].map((value) => value * count)],
    };
    for (let n = 0; n < 2; n += 1) reducer.add(Buffer.from(writeSums(batch)));
    const { outcome } = reducer.finish();
    const n = 2n ** 31n;
    // Of each image 255² twice, and (1/n)².
    const exact = ((2n * 255n ** 2n * n * n + 1n) * n * 1_000_000n * 2n + n * n) / (2n * n * n);
    expect(outcome).toMatch(
      new RegExp(`"inertia":"${exact / 1_000_000n}\\.${String(exact % 1_000_000n).padStart(6, '0')}"}$`),
    );
  });

  it.each([
    ['no JSON', '{'],
    ['other clusters', writeSums({ counts: [1], squares: [1], sums: [[1, 0, 0]] })],
    ['other images', writeSums({ counts: [1, 0], squares: [1, 0], sums: [[1], [0]] })],
    [
      'sums beyond those of bytes',
      writeSums({
        counts: [1, 0],
        squares: [1, 0],
        sums: [
          [256, 0, 0],
          [0, 0, 0],
        ],
      }),
    ],
    [
      'sums of no image',
      writeSums({
        counts: [1, 0],
        squares: [1, 0],
        sums: [
          [1, 0, 0],
          [1, 0, 0],
        ],
      }),
    ],
    [
      'squares of no image',
      writeSums({
        counts: [1, 0],
        squares: [1, 1],
        sums: [
          [1, 0, 0],
          [0, 0, 0],
        ],
      }),
    ],
    ['fractions', '{"counts":[1,0],"squares":[1,0],"sums":[[0.5,0,0],[0,0,0]]}'],
    ['numbers below 0', '{"counts":[1,0],"squares":[1,0],"sums":[[-1,0,0],[0,0,0]]}'],
  ])('refuses what no worker writes: %s', (_, text) => {
    const state = stateOf([1, 2].map((value) => ({ count: 1, sum: [value, value, value] })));
    const reducer = kmeansReducer({ k: 2, maxIterations: 9 }, { number: 0, state: bufferOf(state) });
    expect(() => reducer.add(Buffer.from(text))).toThrow(
      '[OUTCOME_DAMAGED] Expected what a batch adds up to',
    );
  });

  it('refuses more images of a cluster than kernels take, as Python does', () => {
    const state = bufferOf(stateOf([{ count: 1, sum: [0, 0, 0] }]));
    const reducer = kmeansReducer({ k: 1, maxIterations: 9 }, { number: 0, state });
    const batch = (count: number) =>
      Buffer.from(writeSums({ counts: [count], squares: [0], sums: [[0, 0, 0]] }));
    reducer.add(batch(2 ** 31));
    expect(() => reducer.add(batch(1))).toThrow(
      '[OUTCOME_DAMAGED] Expected centres but cluster 0 would have more than 2^31 images',
    );
  });

  it('refuses a state of other clusters', () => {
    const state = bufferOf(stateOf([{ count: 1, sum: [1, 2, 3] }]));
    expect(() => kmeansReducer({ k: 2, maxIterations: 9 }, { number: 0, state })).toThrow(
      'there are 1 and not 2',
    );
  });
});
