import { describe, expect, it } from 'vitest';
import {
  aloneTable,
  caseAlone,
  caseKey,
  casesTogether,
  togetherTable,
  usdPerMillion,
} from '../../../bench/ablation.ts';
import type { Switch, Took } from '../../../bench/pipelines.ts';
import { readAccessLog } from '../../../bench/s3-server.ts';

const named = (name: string, needs: string[] = []): Switch => ({
  name,
  what: `what ${name} is`,
  expected: 'little',
  needs,
});
const ALL = [named('lists'), named('clients'), named('ahead', ['clients']), named('further', ['ahead'])];
const TOOK: Took = {
  seconds: 36,
  cpuSeconds: 50,
  ownBytes: 3 * 2 ** 20,
  storeBytes: 2 ** 20,
  puts: 10,
  gets: 100,
  bytesRead: 2 ** 20,
  bytesWritten: 1024,
  files: 1,
  digest: 'same',
  images: 100,
};

describe('cases', () => {
  it('are the defaults, all mistakes and all optimizations', () => {
    const cases = casesTogether([named('lists')], [named('clients'), named('ahead')]);
    expect(cases.map(caseKey)).toEqual(['lists', '', 'clients,ahead']);
  });

  it('have a switch beside the same pipeline without it, with all that it needs on both sides', () => {
    const sides = ALL.map((one) => caseAlone(one, ALL));
    expect(sides.map((side) => [caseKey(side.without), caseKey(side.with)])).toEqual([
      ['', 'lists'],
      ['', 'clients'],
      ['clients', 'clients,ahead'],
      ['clients,ahead', 'clients,ahead,further'],
    ]);
  });
});

describe('usdPerMillion', () => {
  it('is that of the machine for its time and of the requests', () => {
    const machine = (0.08925 / 3600) * 36;
    expect(usdPerMillion(TOOK)).toBeCloseTo(((machine + 10 * 5e-6 + 100 * 4e-7) / 100) * 1e6, 6);
  });
});

describe('tables', () => {
  it('have medians, with the least and the most of times', () => {
    const took = [TOOK, { ...TOOK, seconds: 40 }, { ...TOOK, seconds: 50 }];
    expect(togetherTable([{ title: 'plain', took }])).toContain(
      '| plain | 40.0 [36.0-50.0] | 50.0 [50.0-50.0] | 3 |',
    );
  });

  it('have ratios within the rounds', () => {
    const without = [TOOK, { ...TOOK, seconds: 72 }];
    const having = [
      { ...TOOK, seconds: 72 },
      { ...TOOK, seconds: 72 },
    ];
    const table = aloneTable([{ one: named('ahead', ['clients']), with: having, without }]);
    expect(table).toContain(
      '| `ahead`, with `clients` | what ahead is | little | 1.50 [1.00-2.00] | 1.00 [1.00-1.00] |',
    );
  });
});

describe('readAccessLog', () => {
  it('gives operations and keys', () => {
    const lines = [
      'b b [30/November/2026:20:21:04 +0000] 127.0.0.1 b K4 s3_GetObject loose/0.jpg /bench/loose/0.jpg 200 - 0',
      'b b [30/November/2026:20:21:04 +0000] 127.0.0.1 b K5 s3_ListObjectsV2 - /bench?list-type=2 200 - 12143',
    ];
    expect([...readAccessLog(lines.join('\n'))]).toEqual([
      { operation: 'GetObject', key: 'loose/0.jpg' },
      { operation: 'ListObjectsV2', key: '-' },
    ]);
  });
});
