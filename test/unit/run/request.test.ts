import { describe, expect, it } from 'vitest';
import { parse } from '../../../src/parse.ts';
import { requestSchema } from '../../../src/run/request.ts';

const check = (input: unknown) => parse(requestSchema, input, 'The execution input');

describe('requestSchema', () => {
  it('needs a prefix and nothing else', () => {
    expect(check({ prefix: 'x/' })).toEqual({
      prefix: 'x/',
      filter: 'suffix',
      shardKeys: 'auto',
      workload: { name: 'statistics', params: { operation: 'stats', depth: '8' } },
      kernel: 'auto',
      arms: ['serverless', 'fleet'],
      engine: 'daft',
      workers: 2,
      market: 'on-demand',
      swap: 0,
      toleratedFailures: 0,
      repeats: 1,
      fleetDeadline: 3600,
    });
  });

  it('takes every field', () => {
    const full = {
      prefix: 'train/😀 #?+%/',
      bucket: 'my-images.2026',
      filter: 'content',
      shardKeys: 'path',
      keysFrom: 's3://metadata/train.parquet',
      keysColumn: 'path',
      workload: { name: 'statistics', params: { operation: 'minmax', depth: 'native' } },
      kernel: 'native',
      arms: ['fleet'],
      engine: 'grpc',
      workers: 256,
      workersMax: 256,
      targetSeconds: 86_400,
      instanceType: 'u-6tb1.112xlarge',
      market: 'spot',
      swap: 64,
      memory: 10_240,
      concurrency: 10_000,
      batchSize: 1,
      toleratedFailures: 12.5,
      repeats: 50,
      schedule: 'parallel',
      fleetDeadline: 60,
      baseline: false,
      resume: '20261121T045331-4cc861',
    };
    expect(check(full)).toEqual(full);
  });

  it.each([
    [{}, 'Expected a prefix of the images such as "train/" for `prefix` but received nothing.'],
    [
      { prefix: '' },
      'Expected a prefix of the images such as "train/" (a whole bucket is not taken) for `prefix` but received "".',
    ],
    [{ prefix: 5 }, 'Expected a prefix of the images such as "train/" for `prefix` but received 5.'],
    [{ prefix: 'x'.repeat(1025) }, 'Expected a prefix of at most 1024 characters for `prefix`'],
    [{ bucket: 'My_Bucket' }, 'Expected an S3 bucket name for `bucket` but received "My_Bucket".'],
    [{ bucket: 'ab' }, 'Expected an S3 bucket name for `bucket`'],
    [{ bucket: 's3://images' }, 'Expected an S3 bucket name for `bucket`'],
    [
      { keysFrom: 's3://images' },
      'Expected a key, or s3://bucket/key, of a Parquet file for `keysFrom` but received "s3://images".',
    ],
    [{ keysColumn: 'path' }, 'Expected nothing unless `keysFrom` names a file for `keysColumn`'],
    [
      { workload: { name: 'sharpen' } },
      'Expected one of "statistics", "histogram", "normalise", "knn", "kmeans", "classify", "cnn", "embed" for `workload.name` but received "sharpen".',
    ],
    [{ workload: 'statistics' }, 'Expected object for `workload` but received "statistics".'],
    [{ operation: 'stats' }, 'Expected no field `operation`: it is not known'],
    [
      { engine: 'hadoop' },
      'Expected one of "daft", "ray", "dask", "spark", "grpc" for `engine` but received "hadoop".',
    ],
    [{ arms: [] }, 'Expected array of at least 1 item for `arms` but received [].'],
    [{ arms: ['lambda'] }, 'Expected one of "serverless", "fleet" for `arms.0` but received "lambda".'],
    [{ arms: 'fleet' }, 'Expected array for `arms` but received "fleet".'],
    [{ arms: ['fleet', 'fleet', 'fleet'] }, 'Expected array of at most 2 items for `arms`'],
    [{ workers: 0 }, 'Expected number of at least 1 for `workers` but received 0.'],
    [{ workers: 257 }, 'Expected number of at most 256 for `workers` but received 257.'],
    [{ workers: 1.5 }, 'Expected integer for `workers` but received 1.5.'],
    [{ workers: '2' }, 'Expected number for `workers` but received "2".'],
    [{ workersMax: 4 }, 'Expected nothing unless `engine` is "grpc" for `workersMax` but received 4.'],
    [
      { engine: 'grpc', workers: 3, workersMax: 2 },
      'Expected at least as many as `workers` for `workersMax` but received 2.',
    ],
    [
      { engine: 'grpc', targetSeconds: 60 },
      'Expected nothing without `workersMax` for `targetSeconds` but received 60.',
    ],
    [{ market: 'reserved' }, 'Expected one of "on-demand", "spot" for `market` but received "reserved".'],
    [{ instanceTypes: [] }, 'Expected array of at least 1 item for `instanceTypes`'],
    [
      { instanceTypes: ['t3.medium', 't4g.medium'] },
      'Expected types of one processor: Graviton or x86 for `instanceTypes`',
    ],
    [
      { instanceType: 't3.medium', instanceTypes: ['t3.large'] },
      'Expected nothing beside `instanceTypes` for `instanceType` but received "t3.medium".',
    ],
    [{ instanceType: 'medium' }, 'Expected an EC2 instance type such as t3.medium for `instanceType`'],
    [
      { instanceType: 't3.medium; reboot' },
      'Expected an EC2 instance type such as t3.medium for `instanceType`',
    ],
    [{ memory: 511 }, 'Expected number of at least 512 for `memory` but received 511.'],
    [{ memory: 10_241 }, 'Expected number of at most 10240 for `memory` but received 10241.'],
    [{ concurrency: 0 }, 'Expected number of at least 1 for `concurrency`'],
    [{ concurrency: 10_001 }, 'Expected number of at most 10000 for `concurrency`'],
    [{ batchSize: 0 }, 'Expected number of at least 1 for `batchSize`'],
    [{ batchSize: 10_001 }, 'Expected number of at most 10000 for `batchSize`'],
    [{ toleratedFailures: -1 }, 'Expected number of at least 0 for `toleratedFailures`'],
    [{ toleratedFailures: 101 }, 'Expected number of at most 100 for `toleratedFailures`'],
    [{ repeats: 0 }, 'Expected number of at least 1 for `repeats`'],
    [{ repeats: 51 }, 'Expected number of at most 50 for `repeats`'],
    [
      { schedule: 'random' },
      'Expected one of "sequential", "parallel" for `schedule` but received "random".',
    ],
    [{ fleetDeadline: 59 }, 'Expected number of at least 60 for `fleetDeadline`'],
    [{ fleetDeadline: 86_401 }, 'Expected number of at most 86400 for `fleetDeadline`'],
    [{ baseline: 'yes' }, 'Expected boolean for `baseline` but received "yes".'],
    [{ prefixes: ['x/'] }, 'Expected no field `prefixes`: it is not known; remove it or correct its name.'],
  ])('refuses %o', (fields, problem) => {
    const input =
      'prefix' in fields || Object.keys(fields).length === 0 ? fields : { prefix: 'x/', ...fields };
    expect(() => check(input)).toThrow(problem);
  });

  it('tells of all bad fields at once', () => {
    const bad = { prefix: '', workload: 'x', engine: 'y', workers: 0, batchSize: 0 };
    for (const field of Object.keys(bad)) expect(() => check(bad)).toThrow(`for \`${field}\``);
  });
});
