import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Row, serializeRow } from '../../src/contract/row.ts';
import { classifiedRow } from '../../src/workloads/classify/classified-row.ts';
import { fixtureLines } from '../support/fixture-script.ts';

interface Case {
  readonly values: Float32Array;
  readonly top: number;
  readonly isSoftmax: boolean;
}

const top = fc.integer({ min: 1, max: 20 });
const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 });
/** Classes that Python sorts as they are, and more. */
const classes = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 71, max: 2_000 }));
/** As far apart as models give them, as little as float32 can tell, and as far as it can. */
const spread = fc.constantFrom(1e-30, 1e-6, 0.01, 1, 4, 12, 30, 1e3, 3e38);
const logits = fc
  .record({ classes, spread, seed, centre: fc.constantFrom(0, -17, 1e4) })
  .map(({ classes, spread, seed, centre }) => scattered(seed, classes, (part) => centre + part * spread));
/** Many are equal, and 0 and -0 are. */
const ties = fc
  .record({ classes, seed })
  .map(({ classes, seed }) => scattered(seed, classes, (part) => Math.round(part * 3) / 2));
/** Any bits that are a float32, with those that are no number now and then. */
const anything = fc.array(fc.float(), { minLength: 1, maxLength: 40 }).map((all) => Float32Array.from(all));
const scored = fc.record({ values: fc.oneof(logits, ties, anything), top, isSoftmax: fc.constant(false) });
const probabilities = fc
  .record({ classes, seed })
  .map(({ classes, seed }) => scattered(seed, classes, Math.abs));
const shares = fc.record({ values: probabilities, top, isSoftmax: fc.constant(true) });

test('what a model gives becomes the same row in both languages', () => {
  // One process of Python for all cases; which one differs is seen by its number.
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ arbitrary: scored, weight: 3 }, shares), { minLength: 500, maxLength: 500 }),
      (cases) => {
        expectSame(cases);
      },
    ),
    { numRuns: 1, endOnFailure: true },
  );
});

test('of one class and of as many as a model may have, too', () => {
  const rows = expectSame([
    { values: Float32Array.of(-7), top: 5, isSoftmax: false },
    { values: Float32Array.of(1), top: 1, isSoftmax: true },
    { values: scattered(1, 100_000, (part) => part * 9), top: 20, isSoftmax: false },
    { values: scattered(2, 100_000, () => -0), top: 20, isSoftmax: false },
    { values: scattered(3, 100_000, Math.abs), top: 20, isSoftmax: true },
    {
      values: scattered(4, 100_000, (part) => (part > 0.999 ? Number.NaN : part)),
      top: 5,
      isSoftmax: false,
    },
  ]);
  expect(rows.map((row) => ('error' in row ? row.error.code : row.scores?.length))).toEqual([
    ...[1, 1, 20, 20, 20],
    'SCORES_NOT_FINITE',
  ]);
  expect(rows[3]).toHaveProperty(
    'scores',
    Array.from({ length: 20 }, (_, index) => [index, 10]),
  );
});

/** The rows of TypeScript, which those of Python are compared with. */
function expectSame(cases: readonly Case[]): Row[] {
  const rows = cases.map(({ values, ...scoring }) =>
    classifiedRow({ key: 'an image', width: 3, height: 2 }, values, {
      ...scoring,
      labels: Array.from(values, (_, index) => String(index)),
    }),
  );
  const input = cases.map(({ values, ...scoring }) =>
    JSON.stringify({ values: Buffer.from(values.buffer).toString('base64'), ...scoring }),
  );
  const lines = fixtureLines(['classified_rows.py'], { input: `${input.join('\n')}\n` });
  expect(lines).toHaveLength(cases.length);
  for (const [number, row] of rows.entries()) expect(lines[number], `case ${number}`).toBe(serializeRow(row));
  return rows;
}

/** So many values of what is made of numbers from -1 to 1. */
function scattered(seed: number, count: number, of: (part: number) => number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    // Park and Miller's: exact in doubles.
    state = (state * 48_271) % 2_147_483_647;
    return of((state / 2_147_483_647) * 2 - 1);
  });
}
