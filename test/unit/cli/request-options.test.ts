import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { number } from '../../../cli/numbers.ts';
import { addRequestOptions, requestOf } from '../../../cli/request-options.ts';
import { requestSchema } from '../../../src/run/request.ts';

function parsed(...args: string[]) {
  const command = addRequestOptions(new Command()).argument('[prefix]').exitOverride();
  command.configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: 'user' });
}

/** The request that a command line makes. */
function request(...args: string[]) {
  const command = parsed(...args);
  return requestOf(command.opts(), command.args[0]);
}

describe('request options', () => {
  it('leave out what is not said, so that the defaults are those of the stack', () => {
    expect(request('photos/')).toEqual({ prefix: 'photos/' });
    expect(request()).toEqual({});
  });

  it('cover every field of the execution input', () => {
    // Act
    const made = request(
      'photos/',
      ...[
        '--filter',
        'all',
        '--shard-keys',
        'path',
        '--operation',
        'mean',
        '--arms',
        'fleet,serverless',
        '--engine',
        'grpc',
        '--workers',
        '3',
        '--workers-max',
        '9',
        '--target-seconds',
        '60',
      ],
      ...[
        '--instance-types',
        'c7g.large,c6g.large',
        '--market',
        'spot',
        '--swap',
        '2',
        '--image-memory',
        '300',
        '--memory',
        '1024',
        '--concurrency',
        '5',
        '--batch-size',
        '7',
      ],
      ...[
        '--tolerated-failures',
        '2.5',
        '--repeats',
        '4',
        '--parallel',
        '--fleet',
        'kept',
        '--fleet-deadline',
        '90',
        '--no-baseline',
        '--requester-pays',
        '--keys-from',
        'metadata.parquet',
        '--keys-column',
        'path',
        '--depth',
        'native',
        '--kernel',
        'portable',
      ],
    );

    // Assess
    expect(made).toEqual({
      prefix: 'photos/',
      requesterPays: true,
      filter: 'all',
      shardKeys: 'path',
      keysFrom: 'metadata.parquet',
      keysColumn: 'path',
      workload: { name: 'statistics', params: { operation: 'mean', depth: 'native' } },
      kernel: 'portable',
      arms: ['fleet', 'serverless'],
      engine: 'grpc',
      workers: 3,
      workersMax: 9,
      targetSeconds: 60,
      instanceTypes: ['c7g.large', 'c6g.large'],
      market: 'spot',
      swap: 2,
      imageMemory: 300,
      memory: 1024,
      concurrency: 5,
      batchSize: 7,
      toleratedFailures: 2.5,
      repeats: 4,
      schedule: 'parallel',
      fleet: 'kept',
      fleetDeadline: 90,
      baseline: false,
    });
    const fields = Object.keys(requestSchema.shape).filter(
      (field) => !['bucket', 'instanceType', 'resume', 'advice'].includes(field),
    );
    expect(Object.keys(made).toSorted()).toEqual(fields.toSorted());
  });

  it('say how the arms are scheduled', () => {
    expect(request('--sequential')).toMatchObject({ schedule: 'sequential' });
    expect(request()).not.toHaveProperty('schedule');
  });

  it.each([
    [
      ['--operation', 'median'],
      'Expected one of "mean", "max", "min", "minmax", "stats" for `workload.params.operation`',
    ],
    [
      ['--workload', 'sharpen', '--quality', '5'],
      'Expected one of "statistics", "histogram", "normalise", "knn", "kmeans", "classify", "cnn", "embed" for `workload.name` but received "sharpen".',
    ],
    [['--format', 'png'], 'Expected nothing unless `workload` is normalise for `format` but received "png".'],
    [['--workload', 'normalise', '--quality', '0'], 'for `workload.params.quality` but received 0'],
    [['--engine', 'hadoop'], 'Expected one of "daft", "ray", "dask", "spark", "grpc" for `engine`'],
    [['--arms', 'serverless,lambda'], 'Expected one of "serverless", "fleet" for `arms.1`'],
    [['--workers', '0'], 'Expected number of at least 1 for `workers` but received 0.'],
    [[''], 'Expected a prefix of the images'],
  ])('are checked before anything is done: %j', (args, problem) => {
    expect(() => request(...args)).toThrow(problem);
  });

  it.each(['', ' ', 'many', '1e999', 'NaN', '2x'])(
    'refuse %j as a number, with the name of the option',
    (value) => {
      expect(() => request('--workers', value)).toThrow("option '--workers <n>' argument");
    },
  );

  it.each([
    ['12', 12],
    ['0', 0],
    ['2.5', 2.5],
    ['-1', -1],
  ])('take %j as a number', (text, value) => {
    expect(number(text)).toBe(value);
  });
});
