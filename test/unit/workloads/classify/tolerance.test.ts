import { expect, it } from 'vitest';
import type { MeasuredRow } from '../../../../src/contract/row.ts';
import type { Score } from '../../../../src/workloads/classify/scores.ts';
import { CLASSIFY_TOLERANCE } from '../../../../src/workloads/classify/tolerance.ts';

const row = (scores: readonly Score[], over: Partial<MeasuredRow> = {}): MeasuredRow => ({
  ...{ key: 'k', width: 2, height: 1, channels: 3, label: 'cat', scores, logits: '0123456789abcdef' },
  ...over,
});
const ONE = row([
  [3, 600_000],
  [1, 200_000],
  [2, 199_990],
]);

function distances(other: MeasuredRow): (number | null)[] {
  const [a, b] = [ONE, other].map((each) => ({ row: each, file: null, at: 0, images: 1 }));
  if (a === undefined || b === undefined) throw new TypeError('Expected two rows.');
  return [CLASSIFY_TOLERANCE.distance(a, b), CLASSIFY_TOLERANCE.distance(b, a)];
}

it.each<[string, MeasuredRow, number | null]>([
  ['itself', ONE, 0],
  ['other bits alone', row(ONE.scores ?? [], { logits: 'fedcba9876543210' }), 0],
  [
    'scores as far as is allowed',
    row([
      [3, 600_100],
      [1, 199_950],
      [2, 199_940],
    ]),
    100,
  ],
  [
    'a score farther',
    row([
      [3, 600_101],
      [1, 199_950],
      [2, 199_940],
    ]),
    null,
  ],
  [
    'classes in another order',
    row([
      [3, 600_000],
      [2, 200_002],
      [1, 199_988],
    ]),
    12,
  ],
  [
    'another last class that is as good',
    row([
      [3, 600_000],
      [1, 200_000],
      [4, 199_995],
    ]),
    5,
  ],
  [
    'another last class that cannot be',
    row([
      [3, 600_000],
      [1, 200_000],
      [4, 199_800],
    ]),
    null,
  ],
  ['another label', row(ONE.scores ?? [], { label: 'dog' }), null],
  ['another size', row(ONE.scores ?? [], { width: 3 }), null],
  ['fewer scores', row((ONE.scores ?? []).slice(0, 2)), null],
])('from a row to one with %s', (_, other, distance) => {
  expect(distances(other)).toEqual([distance, distance]);
});

it('says how far they are', () => {
  expect(CLASSIFY_TOLERANCE.text(12)).toBe('the same labels, and scores within 12 millionths of each other');
});
