import { describe, expect, it } from 'vitest';
import type { ContenderKind } from '../../../bench/contender.ts';
import type { ContenderResult } from '../../../bench/results.ts';
import { caseTable } from '../../../bench/table.ts';

const EXACT = { images: 40, different: 0, mean: 0, extreme: 0 };

function contender(name: string, kind: ContenderKind, median: number, differing = 0): ContenderResult {
  return {
    name,
    kind,
    itemsPerSecond: [median - 1, median, median + 1],
    cpuMsPerImage: [1, 1.5, 2],
    serverCpuMsPerImage: [],
    peakBytes: 100 * 2 ** 20,
    agreement:
      kind === 'bound' ? undefined : { ...EXACT, different: differing, mean: differing / 100, extreme: 2 },
  };
}

function tableOf(...contenders: ContenderResult[]): string[][] {
  return caseTable({ contenders })
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('the table of a case', () => {
  it('has the fastest first, and its ratios to the bound and to the best peer', () => {
    const [, , ...rows] = tableOf(
      contender('slow', 'first', 100),
      contender('ours', 'fanfleet', 900),
      contender('the decoder', 'bound', 1000),
      contender('tuned', 'tuned', 600),
    );

    expect(rows).toEqual([
      ['the decoder', '1,000 [999-1,001]', '1.50', '100', '100 %', '100 %', '', ''],
      ['**ours**', '900 [899-901]', '1.50', '100', '90 %', '100 %', '1.50', 'exact'],
      ['tuned', '600 [599-601]', '1.50', '100', '60 %', '100 %', '1.00', 'exact'],
      ['slow', '100 [99-101]', '1.50', '100', '10 %', '100 %', '0.17', 'exact'],
    ]);
  });

  it('does not take a peer with other results for the best one, and says how far off it is', () => {
    const [, , first, ...rows] = tableOf(
      contender('wrong', 'tuned', 800, 12),
      contender('ours', 'fanfleet', 500),
      contender('right', 'tuned', 400),
    );

    expect(first?.at(-1)).toBe('12 of 40 differ: means by up to 0.120, extremes by up to 2');
    expect(rows.map(([name, , , , , , ratio]) => [name, ratio])).toEqual([
      ['**ours**', '1.25'],
      ['right', '1.00'],
    ]);
  });

  it('leaves ratios out where there is nothing to compare with', () => {
    const [, , ours] = tableOf(contender('ours', 'fanfleet', 500));

    expect(ours).toEqual(['**ours**', '500 [499-501]', '1.50', '100', '', '', '', 'exact']);
  });

  it('shows what the server took beside them', () => {
    const [header, , ours] = tableOf({
      ...contender('ours', 'fanfleet', 500),
      serverCpuMsPerImage: [0.3, 0.4, 0.5],
    });

    expect([header?.[3], ours?.[3]]).toEqual(['of the server', '0.40']);
  });

  it('tells of contenders that could not run', () => {
    const failed: ContenderResult = { name: 'Spark', kind: 'tuned', failure: 'no Java\nhere' };

    const table = caseTable({ contenders: [contender('ours', 'fanfleet', 500), failed] });

    expect(table).toContain('\nSpark could not run: no Java here\n');
  });
});
