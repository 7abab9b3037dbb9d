import { expect, it } from 'vitest';
import { slowDistances, wrongQueries } from '../../../bench/nearest-agreement.ts';
import { LENGTH, nearestProblem } from '../../../bench/nearest-images.ts';
import { peerTable } from '../../../bench/peer-table.ts';
import { prepareNearest } from '../../../src/kernel/nearest.ts';

const problem = nearestProblem({ training: 40, queries: 4, k: 3 }, 7);

it('the images are the same for a seed, all of strokes on black, and no two alike', () => {
  expect(nearestProblem({ training: 40, queries: 4, k: 3 }, 7)).toEqual(problem);
  const images = Array.from({ length: 40 }, (_, at) =>
    problem.training.subarray(at * LENGTH, (at + 1) * LENGTH),
  );
  expect(new Set(images.map((image) => image.join())).size).toBe(40);
  for (const image of images) {
    const inked = image.filter((value) => value > 0).length;
    expect(inked).toBeGreaterThan(20);
    expect(inked).toBeLessThan(LENGTH / 2);
  }
});

it('one vector after the other gives what the kernel gives', async () => {
  const { distances } = await (await prepareNearest(problem.training, LENGTH)).find(problem.queries, 3);
  expect([0, 1, 2, 3].flatMap((query) => slowDistances(problem, query))).toEqual([...distances]);
});

it('other nearest are wrong, but not those that are equally far', () => {
  const twins = { ...problem, training: Uint8Array.from([...problem.training, ...problem.training]) };
  const exact = [0, 1, 2, 3].map((query) => slowDistances(twins, query));
  const nearest = exact.map((_, query) => {
    const all = Array.from({ length: 40 }, (_, index) => ({ index, far: farFrom(query, index) }));
    return all.sort((a, b) => a.far - b.far).map(({ index }) => index);
  });
  const [a = 0, b = 0] = nearest[0] ?? [];
  const found = nearest.map(([first = 0, second = 0]) => [first + 40, first, second + 40]);
  expect(wrongQueries(twins, exact, found)).toBe(0);
  expect(wrongQueries(twins, exact, [[a, a + 40, nearest[0]?.[2] ?? 0], ...found.slice(1)])).toBe(1);
  expect(wrongQueries(twins, exact, [[b, a], ...found.slice(1)])).toBe(1);
});

function farFrom(query: number, index: number): number {
  return problem.queries
    .subarray(query * LENGTH, (query + 1) * LENGTH)
    .reduce((sum, value, at) => sum + (value - (problem.training[index * LENGTH + at] ?? 0)) ** 2, 0);
}

it('the table has the quickest first, and each beside the best of a peer, round by round', () => {
  // Of passes with two results each.
  const result = (name: string, ms: readonly number[], answer = 0) => {
    const seconds = ms.map((each) => (2 * each) / 1000);
    const kind = name.startsWith('ours') ? 'fanfleet' : 'tuned';
    return { name, kind, answer, results: 2, cpu: seconds, wall: seconds } as const;
  };
  const text = peerTable(
    [
      ...[result('peer, slow', [9, 9, 9]), result('peer, quick', [4, 8, 6], 2), result('ours', [1, 2, 2])],
      { name: 'peer, broken', failure: 'no\nmodule' },
    ],
    ['peer', 'absent'],
    { unit: 'query', wrong: (count) => `${count} queries with others` },
  );
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  expect(rows[2]).toBe('| **ours** | 2.00 [1.00-2.00] | 2.00 [1.00-2.00] | 4.00 |  | exact |');
  expect(rows[3]).toContain('| peer, quick | 6.00 [4.00-8.00]');
  expect(rows[3]).toContain('2 queries with others');
  expect(rows).toHaveLength(5);
  expect(text).toContain('peer, broken could not do it: no module');
});
