import { describe, expect, it } from 'vitest';
import { parse } from '../../../src/parse.ts';
import { requestSchema } from '../../../src/run/request.ts';
import { requestedAgain, resolveWorkload, workloadSchema } from '../../../src/workloads/schemas.ts';

const check = (workload: unknown) =>
  parse(requestSchema, { prefix: 'x/', workload }, 'The execution input').workload;

describe('the workload of a request', () => {
  it.each([
    [{ name: 'statistics' }, { operation: 'stats', depth: '8' }],
    [
      { name: 'statistics', params: { depth: 'native' } },
      { operation: 'stats', depth: 'native' },
    ],
    [{ name: 'histogram' }, { depth: '8' }],
    [
      { name: 'normalise', params: {} },
      { format: 'png', channels: 'all', quality: 90 },
    ],
    [{ name: 'knn' }, { k: 5, ask: 500, labels: 'auto' }],
    [
      { name: 'knn', params: { k: 1, training: 'train/', labels: 'labels/digits.csv' } },
      { k: 1, training: 'train/', ask: 500, labels: 'labels/digits.csv' },
    ],
    [{ name: 'kmeans' }, { k: 10, starts: 'kmeans++', seed: 1, maxIterations: 100, labels: 'auto' }],
    [
      {
        name: 'kmeans',
        params: { k: 1000, starts: 'starts/1.json', seed: 4_294_967_295, maxIterations: 300 },
      },
      { k: 1000, starts: 'starts/1.json', seed: 4_294_967_295, maxIterations: 300, labels: 'auto' },
    ],
    [
      { name: 'cnn' },
      {
        ...{ network: 'small', rounds: 12, steps: 20, shards: 4, rate: 0.03, momentum: 0.9, seed: 1 },
        ...{ ask: 500, labels: 'auto' },
      },
    ],
    [
      { name: 'classify', params: { model: 'models/cats.onnx' } },
      { model: 'models/cats.onnx', top: 5, modelBatch: 8, labels: 'auto' },
    ],
    [
      {
        name: 'classify',
        params: {
          model: 's3://b/a.onnx',
          description: 'a.json',
          modelLabels: 'a.txt',
          top: 20,
          modelBatch: 256,
          labels: 'folder',
        },
      },
      {
        model: 's3://b/a.onnx',
        description: 'a.json',
        modelLabels: 'a.txt',
        top: 20,
        modelBatch: 256,
        labels: 'folder',
      },
    ],
    [
      { name: 'embed', params: { model: 'models/cats.onnx', layer: 'features' } },
      { model: 'models/cats.onnx', layer: 'features', type: 'float32', modelBatch: 8 },
    ],
  ])('of %j has the settings that it leaves out', (workload, params) => {
    expect(check(workload)).toEqual({ name: workload.name, params });
  });

  it('takes every setting', () => {
    const params = { format: 'jpeg', channels: 'each', quality: 1, statisticsRun: '20261121T045331-4cc861' };
    expect(check({ name: 'normalise', params })).toEqual({ name: 'normalise', params });
  });

  it.each([
    [
      { format: 'gif' },
      'Expected one of "png", "jpeg", "npy" for `workload.params.format` but received "gif".',
    ],
    [{ channels: 'red' }, 'Expected one of "all", "each" for `workload.params.channels` but received "red".'],
    [{ quality: 0 }, 'Expected number of at least 1 for `workload.params.quality` but received 0.'],
    [{ quality: 101 }, 'Expected number of at most 100 for `workload.params.quality` but received 101.'],
    [{ statisticsRun: '../x' }, 'Expected the id of an earlier run for `workload.params.statisticsRun`'],
    [{ scope: 'dataset' }, 'Expected no field `scope` in `workload.params`: it is not known'],
    [{ range: {} }, 'Expected no field `range` in `workload.params`'],
    [{ depth: 'native' }, 'Expected no field `depth` in `workload.params`'],
  ])('says of the normalisation %j what it wants instead', (params, problem) => {
    expect(() => check({ name: 'normalise', params })).toThrow(problem);
  });

  it.each([
    [
      { operation: 'median' },
      'one of "mean", "max", "min", "minmax", "stats" for `workload.params.operation`',
    ],
    [{ depth: 8 }, 'Expected one of "8", "native" for `workload.params.depth` but received 8.'],
    [{ format: 'png' }, 'Expected no field `format` in `workload.params`'],
  ])('says of the statistics %j what it wants instead', (params, problem) => {
    expect(() => check({ name: 'statistics', params })).toThrow(problem);
  });

  it.each([
    [{ k: 0 }, 'Expected number of at least 1 for `workload.params.k` but received 0.'],
    [{ k: 101 }, 'Expected number of at most 100 for `workload.params.k` but received 101.'],
    [{ k: 2.5 }, 'Expected integer for `workload.params.k` but received 2.5.'],
    [{ training: '' }, 'Expected string of at least 1 character for `workload.params.training`'],
    [{ ask: 0 }, 'Expected number of at least 1 for `workload.params.ask` but received 0.'],
    [
      { labels: 'path' },
      'Expected one of "auto", "folder", "name", "json", or the key of a .csv for `workload.params.labels` but received "path".',
    ],
    [
      { labels: '/digits.csv' },
      'or the key of a .csv for `workload.params.labels` but received "/digits.csv".',
    ],
    [{ labels: 5 }, 'or the key of a .csv for `workload.params.labels` but received 5.'],
    [{ operation: 'mean' }, 'Expected no field `operation` in `workload.params`'],
  ])('says of knn %j what it wants instead', (params, problem) => {
    expect(() => check({ name: 'knn', params })).toThrow(problem);
  });

  it.each([
    [{ k: 0 }, 'Expected number of at least 1 for `workload.params.k` but received 0.'],
    [{ k: 1001 }, 'Expected number of at most 1000 for `workload.params.k` but received 1001.'],
    [
      { starts: 'random' },
      'Expected "kmeans++", or the key of a .json for `workload.params.starts` but received "random".',
    ],
    [{ starts: '/a.json' }, 'or the key of a .json for `workload.params.starts` but received "/a.json".'],
    [{ starts: 3 }, 'or the key of a .json for `workload.params.starts` but received 3.'],
    [{ seed: -1 }, 'Expected number of at least 0 for `workload.params.seed` but received -1.'],
    [{ seed: 2 ** 32 }, 'Expected number of at most 4294967295 for `workload.params.seed`'],
    [{ maxIterations: 0 }, 'Expected number of at least 1 for `workload.params.maxIterations`'],
    [{ maxIterations: 301 }, 'Expected number of at most 300 for `workload.params.maxIterations`'],
    [{ labels: 'path' }, 'or the key of a .csv for `workload.params.labels` but received "path".'],
    [{ ask: 5 }, 'Expected no field `ask` in `workload.params`'],
  ])('says of kmeans %j what it wants instead', (params, problem) => {
    expect(() => check({ name: 'kmeans', params })).toThrow(problem);
  });

  it.each([
    [{ network: 'vgg' }, 'Expected one of "small", "resnet18" for `workload.params.network`'],
    [{ rounds: 0 }, 'Expected number of at least 1 for `workload.params.rounds` but received 0.'],
    [{ rounds: 201 }, 'Expected number of at most 200 for `workload.params.rounds` but received 201.'],
    [{ steps: 1001 }, 'Expected number of at most 1000 for `workload.params.steps` but received 1001.'],
    [{ shards: 201 }, 'Expected number of at most 200 for `workload.params.shards` but received 201.'],
    [{ shards: 1.5 }, 'Expected integer for `workload.params.shards` but received 1.5.'],
    [{ rate: 0 }, 'for `workload.params.rate` but received 0.'],
    [{ rate: 1.1 }, 'Expected number of at most 1 for `workload.params.rate` but received 1.1.'],
    [{ momentum: 1 }, 'for `workload.params.momentum` but received 1.'],
    [{ momentum: -0.1 }, 'Expected number of at least 0 for `workload.params.momentum` but received -0.1.'],
    [{ seed: 2 ** 32 }, 'Expected number of at most 4294967295 for `workload.params.seed`'],
    [{ ask: 0 }, 'Expected number of at least 1 for `workload.params.ask` but received 0.'],
    [{ k: 5 }, 'Expected no field `k` in `workload.params`'],
  ])('says of cnn %j what it wants instead', (params, problem) => {
    expect(() => check({ name: 'cnn', params })).toThrow(problem);
  });

  it('has no fields beside its name and its settings', () => {
    expect(() => check({ name: 'histogram', depth: '8' })).toThrow(
      'Expected no field `depth` in `workload`:',
    );
  });
});

describe('requestedAgain', () => {
  const normalise = {
    name: 'normalise',
    params: { format: 'jpeg', channels: 'each', quality: 75, statisticsRun: 'r1' },
  } as const;
  const range = { min: [0, 0, 0], max: [255, 255, 255] };

  it.each([
    resolveWorkload({ name: 'statistics', params: { operation: 'max' } }),
    resolveWorkload({ name: 'histogram' }),
    resolveWorkload(normalise),
    resolveWorkload({ name: 'knn', params: { k: 3, ask: 9, labels: 'json' } }),
    resolveWorkload({ name: 'kmeans', params: { k: 3, seed: 9 } }),
    resolveWorkload({ name: 'cnn', params: { network: 'resnet18', rate: 0.1, shards: 9 } }),
  ])('asks for the same: %j', (workload) => {
    expect(resolveWorkload(requestedAgain(workload))).toEqual(workload);
  });

  it('leaves out the range, which a run finds out for itself', () => {
    const measured = workloadSchema.parse({ ...normalise, params: { ...normalise.params, range } });
    expect(measured.params).toHaveProperty('range');
    expect(requestedAgain(measured)).toEqual(normalise);
  });
});
