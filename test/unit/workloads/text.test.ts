import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../../src/contract/operation.ts';
import { type RunWorkload, resolveWorkload, type WorkloadRequest } from '../../../src/workloads/schemas.ts';
import { workloadLabel, workloadText } from '../../../src/workloads/text.ts';

describe('workloadText', () => {
  it.each<[WorkloadRequest, string, string]>([
    [{ name: 'statistics' }, 'stats', 'stats'],
    [{ name: 'statistics', params: { operation: 'max', depth: 'native' } }, 'max', 'max by all bits'],
    [{ name: 'histogram' }, 'histogram', 'histogram'],
    [{ name: 'histogram', params: { depth: 'native' } }, 'histogram', 'histogram by all bits'],
    [{ name: 'normalise' }, 'normalise', "normalise to PNG, all channels alike, by each image's own range"],
    [
      { name: 'normalise', params: { format: 'jpeg', quality: 75, channels: 'each', statisticsRun: 'r1' } },
      'normalise',
      'normalise to JPEG of quality 75, each channel apart, by the range of the dataset (run r1)',
    ],
    [
      { name: 'normalise', params: { format: 'npy' } },
      'normalise',
      "normalise to npy, all channels alike, by each image's own range",
    ],
    [{ name: 'knn' }, 'knn', 'knn by the 5 nearest of all but 500 of the images'],
    [
      { name: 'knn', params: { k: 1, training: 'train/' } },
      'knn',
      'knn by the 1 nearest of those under train/',
    ],
    [{ name: 'kmeans' }, 'kmeans', 'kmeans of 10 clusters from kmeans++ of seed 1, 100 iterations at most'],
    [
      { name: 'kmeans', params: { k: 2, starts: 'starts/two.json', maxIterations: 5 } },
      'kmeans',
      'kmeans of 2 clusters from starts/two.json, 5 iterations at most',
    ],
  ])('of %j', (request, label, text) => {
    const workload = resolveWorkload(request);
    expect(workloadLabel(workload)).toBe(label);
    expect(workloadText(workload)).toBe(text);
  });
});

it('no two workloads, nor operations of statistics, have one label', () => {
  const all: RunWorkload[] = [
    ...OPERATIONS.map((operation) => resolveWorkload({ name: 'statistics', params: { operation } })),
    resolveWorkload({ name: 'histogram' }),
    resolveWorkload({ name: 'normalise' }),
    resolveWorkload({ name: 'knn' }),
    resolveWorkload({ name: 'kmeans' }),
  ];
  expect(new Set(all.map(workloadLabel)).size).toBe(all.length);
});
