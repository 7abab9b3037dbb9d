import { describe, expect, it } from 'vitest';
import { failedRow } from '../../../src/contract/row.ts';
import { withoutLongKeys, withRefusedRows } from '../../../src/worker/normalised-files.ts';
import { batchesOf, rowOf } from '../aggregate/fixture.ts';

const LONG = ['b', 'd', 'e'].map((first) => first + 'x'.repeat(900));
const [batch] = batchesOf(['a', ...LONG, 'c', 'f'], 10);

describe('images whose files could have no key', () => {
  it('are left out of the work, and have their rows in the order of the batch', () => {
    if (batch === undefined) throw new Error('Expected a batch');
    const done = withoutLongKeys(batch).objects.map(({ key }) => key);
    const rows = withRefusedRows(
      batch,
      done.map((key) => rowOf(key, [0, 0, 0], [1, 1, 1])),
    );
    expect(done).toEqual(['a', 'c', 'f']);
    expect(rows.map(({ key }) => key)).toEqual(batch.objects.map(({ key }) => key));
    expect(rows.filter(({ key }) => LONG.includes(key))).toEqual(
      LONG.map((key) => failedRow(key, 'OUTPUT_KEY_TOO_LONG')),
    );
  });
});
