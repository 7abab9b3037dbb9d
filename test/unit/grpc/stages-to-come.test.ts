import { expect, it } from 'vitest';
import { stagesToCome } from '../../../src/grpc/head/stages-to-come.ts';

const job = (name: string, maxIterations: number, number: number | null) => ({
  workload: JSON.stringify({ name, params: { k: 2, maxIterations } }),
  stage: number === null ? '' : JSON.stringify({ number, state: {} }),
});

it('is what the settings of a workload leave behind its stage', () => {
  expect(stagesToCome(job('kmeans', 20, 0))).toBe(19);
  expect(stagesToCome(job('kmeans', 20, 19))).toBe(0);
  expect(stagesToCome(job('statistics', 20, null))).toBe(0);
  expect(stagesToCome(job('sums', 20, 0))).toBe(0);
  expect(stagesToCome({ ...job('kmeans', 20, 0), workload: '' })).toBe(0);
});
