import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Metric, NearestEmbeddings } from '../../../src/embeddings/nearest-embeddings.ts';

/** All rows sorted by their distances, which are summed one by one. */
function independent(query: readonly number[], rows: readonly (readonly number[])[], metric: Metric) {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  const times = (a: readonly number[], b: readonly number[]) => a.map((value, at) => value * (b[at] ?? 0));
  const distance = (row: readonly number[]) => {
    if (metric === 'l2') return sum(query.map((value, at) => (value - (row[at] ?? 0)) ** 2));
    const norms = Math.sqrt(sum(times(query, query)) * sum(times(row, row)));
    return norms === 0 ? 1 : 1 - sum(times(query, row)) / norms;
  };
  return rows
    .map((row, at) => ({ row: at, distance: distance(row) }))
    .sort((a, b) => a.distance - b.distance || a.row - b.row);
}

describe.each(['l2', 'cosine'] as const)('the nearest embeddings by %s', (metric) => {
  it('are those of all, in the order of distance and then of the rows, however the rows come', () => {
    const coordinate = fc.integer({ min: -3, max: 3 });
    const given = fc
      .record({ length: fc.integer({ min: 1, max: 5 }), k: fc.integer({ min: 1, max: 12 }) })
      .chain(({ length, k }) => {
        const vector = fc.array(coordinate, { minLength: length, maxLength: length });
        const cuts = fc.array(fc.nat(15), { maxLength: 4 });
        return fc.record({
          k: fc.constant(k),
          query: vector,
          rows: fc.array(vector, { maxLength: 15 }),
          cuts,
        });
      });
    fc.assert(
      fc.property(given, ({ k, query, rows, cuts }) => {
        const search = new NearestEmbeddings(Float32Array.from(query), metric, k);
        const places = [0, ...[...cuts].sort((a, b) => a - b), rows.length];
        for (const [at, start] of places.slice(0, -1).entries()) {
          search.add(Float32Array.from(rows.slice(start, places[at + 1]).flat()));
        }
        expect(search.nearest).toEqual(independent(query, rows, metric).slice(0, k));
      }),
    );
  });
});

it('by l2 are those of all where most rows are given up before their sums are complete', () => {
  // So long that sums are looked at on the way, and so many that there is a nearest before most of them.
  const [length, count] = [300, 150];
  const vector = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: length, maxLength: length });
  const given = fc.record({ query: vector, rows: fc.array(vector, { minLength: count, maxLength: count }) });
  fc.assert(
    fc.property(given, fc.integer({ min: 1, max: 9 }), ({ query, rows }, k) => {
      const search = new NearestEmbeddings(Float32Array.from(query), 'l2', k);
      search.add(Float32Array.from(rows.flat()));
      expect(search.nearest).toEqual(independent(query, rows, 'l2').slice(0, k));
    }),
    { numRuns: 20 },
  );
});

it('sums in float64, in the order of the numbers', () => {
  const query = Float32Array.of(1, 2 ** 14, 1);
  const rows = [0, 0, 0, 0, 0].flatMap(() => [0, 0, 0]);
  const search = new NearestEmbeddings(query, 'l2', 5);
  search.add(Float32Array.from(rows));
  expect(search.nearest.map(({ distance }) => distance)).toEqual(Array(5).fill(2 ** 28 + 2));
});
