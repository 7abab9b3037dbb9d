import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readComparison, runsLeft, sideOf, writeComparison } from '../../../src/compare/comparison.ts';
import { renderComparison } from '../../../src/compare/markdown.ts';
import { runsBeside } from '../../../src/compare/overlap.ts';
import { failed, measurements, sampleComparison, succeeded, withAll } from './sample.ts';

describe('the order of the runs', () => {
  it('is A B, then B A, with the pairs of the null test among them', () => {
    const left = runsLeft(sampleComparison({ rounds: 2, nullComparisons: 1 }));
    expect(left.map(({ round, point }) => `${round}.${point}`)).toEqual([
      ...['0.0', '0.1', '0.2', '0.3'],
      ...['1.3', '1.2', '1.1', '1.0'],
    ]);
    const comparison = sampleComparison();
    expect([0, 1, 2, 3].map((point) => sideOf(comparison, point).side)).toEqual([
      ...[comparison.a, comparison.b, comparison.a, comparison.a],
    ]);
  });

  it('leaves out what is measured, and has what failed again', () => {
    const comparison = withAll(sampleComparison({ rounds: 2 }), [succeeded(0, 0, 1), failed(1, 0)]);
    expect(runsLeft(comparison)).toEqual([
      { round: 0, point: 1 },
      { round: 1, point: 1 },
      { round: 1, point: 0 },
    ]);
  });
});

describe('the file of a comparison', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fanfleet-comparison-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is read as it was written, at any moment, and nothing is left beside it', async () => {
    const file = join(folder, 'comparison.json');
    for (const comparison of [sampleComparison(), withAll(sampleComparison(), measurements(1.3))]) {
      await writeComparison(file, comparison);
      expect(await readComparison(file)).toEqual(comparison);
    }
    expect(await readdir(folder)).toEqual(['comparison.json']);
  });

  it.each([
    ['that is not there', undefined, 'COMPARISON_UNREADABLE'],
    ['that is no JSON', '{', 'COMPARISON_UNREADABLE'],
    ['that is something else', '{"schemaVersion":1}', 'INVALID_INPUT'],
  ])('is refused %s', async (_, text, code) => {
    const file = join(folder, `${code}-${text?.length}.json`);
    if (text !== undefined) await writeFile(file, text);
    await expect(readComparison(file)).rejects.toMatchObject({ code, source: 'user' });
  });
});

describe('runsBeside', () => {
  const run = (runId: string, startedAt: number, endedAt: number | null) => ({ runId, startedAt, endedAt });
  it('are those that were under way meanwhile, also if they still are', () => {
    const runs = [
      run('own', 10, 20),
      run('before', 0, 10),
      run('after', 20, null),
      run('into', 5, 11),
      run('within', 12, 13),
      run('still', 19, null),
    ];
    expect(runsBeside('own', runs)).toEqual(['into', 'within', 'still']);
    expect(runsBeside('unknown', runs)).toEqual([]);
  });
});

describe('the page of a comparison', () => {
  it('says the verdict first, then why, and every run', () => {
    const page = renderComparison(withAll(sampleComparison(), measurements(0.7)));
    expect(page.split('\n')[2]).toMatch(
      /^\*\*B \(serverless,memory=3538\) is faster, 1\.4\d\dx \[1\.\d+x - 1\.\d+x\] over 7 pairs: 10\.3 s against 7\.\d+ s\.\*\*$/,
    );
    expect(page).toContain('| median of A       | 10.3 s [10.0 s - 10.6 s]');
    expect(page).toMatch(/\| p-value +\| 0\.016 /);
    expect(page.match(/^\| \d \| {3}[AB] /gm) ?? page.match(/^\| \d +\| [AB] /gm)).toHaveLength(14);
  });

  it('says what stands in the way of one, and shows the run that failed', () => {
    const comparison = withAll(sampleComparison(), [failed(1, 0)]);
    const page = renderComparison(comparison);
    expect(page).toContain(
      '**Not comparable: B in round 1 (serverless,memory=3538) failed: Expected 2 workers',
    );
    expect(page).toMatch(/\| failed: Expected 2 workers but none joined\. +\|/);
  });

  it('says what the null test found', () => {
    const nulls = measurements(1).map((one) => ({ ...one, point: one.point + 2 }));
    const page = renderComparison(
      withAll(sampleComparison({ nullComparisons: 1 }), [...measurements(1), ...nulls]),
    );
    expect(page).toContain('noise alone was called a difference in 0 (0.0 %)');
    expect(page).toContain('| A (null 1)');
  });
});
