import { describe, expect, it } from 'vitest';
import { textTable } from '../../../cli/text-table.ts';

describe('textTable', () => {
  it('makes each column as wide as its widest cell, with texts at the left and figures at the right', () => {
    const columns = [
      { title: 'host', align: 'left' },
      { title: 'n', align: 'right' },
      { title: 'state', align: 'left' },
    ] as const;
    const rows = [
      ['i-1', '5', 'ALIVE'],
      ['i-22222', '1,000', ''],
    ];
    expect(textTable(columns, rows)).toEqual([
      'host         n  state',
      'i-1          5  ALIVE',
      'i-22222  1,000',
    ]);
    expect(textTable(columns, [])).toEqual(['host  n  state']);
  });
});
