import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  addWorkloadOptions,
  PARAM_NAMES,
  wantsDatasetRange,
  workloadOf,
} from '../../../cli/workload-options.ts';

function flags(...args: string[]) {
  const command = addWorkloadOptions(new Command()).exitOverride();
  command.configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: 'user' }).opts();
}

const workload = (...args: string[]) => workloadOf(flags(...args));
const normalise = (...args: string[]) => workload('--workload', 'normalise', ...args);

describe('workload options', () => {
  it('are there for every setting of every workload', () => {
    const command = addWorkloadOptions(new Command());
    const options = new Set(command.options.map((option) => option.attributeName()));
    expect(PARAM_NAMES.size).toBeGreaterThan(0);
    expect([...PARAM_NAMES].filter((name) => !options.has(name))).toEqual([]);
  });

  it('make a workload with the settings that are said, and none where nothing is', () => {
    expect(workload()).toBeUndefined();
    expect(workload('--workload', 'histogram')).toEqual({ name: 'histogram', params: {} });
    expect(normalise('--format', 'npy')).toEqual({ name: 'normalise', params: { format: 'npy' } });
    const full = ['--format', 'jpeg', '--channels', 'each', '--quality', '75', '--statistics-run', 'r1'];
    expect(normalise(...full)).toEqual({
      name: 'normalise',
      params: { format: 'jpeg', channels: 'each', quality: 75, statisticsRun: 'r1' },
    });
  });

  it('are those of knn, with its numbers as numbers', () => {
    const knn = (...args: string[]) => workload('--workload', 'knn', ...args);
    expect(knn('--k', '3', '--training', 'train/', '--labels', 'labels.csv')).toEqual({
      name: 'knn',
      params: { k: 3, training: 'train/', labels: 'labels.csv' },
    });
    expect(knn('--ask', '50')).toEqual({ name: 'knn', params: { ask: 50 } });
    expect(() => knn('--training', 'train/', '--ask', '50')).toThrow(/cannot be used with option/);
    expect(() => workload('--workload', 'knn', '--k', 'some')).toThrow('Expected a number.');
  });

  it('are those of kmeans, with its numbers as numbers', () => {
    const kmeans = (...args: string[]) => workload('--workload', 'kmeans', ...args);
    const full = ['--k', '3', '--starts', 'starts.json', '--seed', '7', '--max-iterations', '20'];
    expect(kmeans(...full, '--labels', 'name')).toEqual({
      name: 'kmeans',
      params: { k: 3, starts: 'starts.json', seed: 7, maxIterations: 20, labels: 'name' },
    });
    expect(() => kmeans('--max-iterations', 'many')).toThrow('Expected a number.');
  });

  it('mean the statistics unless another workload is named', () => {
    expect(workload('--operation', 'mean', '--depth', 'native')).toEqual({
      name: 'statistics',
      params: { operation: 'mean', depth: 'native' },
    });
  });

  it.each([
    [['--format', 'png'], 'Expected nothing unless `workload` is normalise for `format` but received "png".'],
    [
      ['--workload', 'histogram', '--operation', 'mean'],
      'is statistics for `operation` but received "mean".',
    ],
    [['--workload', 'normalise', '--depth', '8'], 'is statistics or histogram for `depth` but received "8".'],
    [['--workload', 'statistics', '--statistics-run', 'r1'], 'is normalise for `statisticsRun`'],
    [['--k', '5'], 'is knn or kmeans for `k` but received 5.'],
    [['--workload', 'knn', '--seed', '2'], 'is kmeans or cnn for `seed` but received 2.'],
    [['--workload', 'knn', '--depth', '8'], 'is statistics or histogram for `depth` but received "8".'],
  ])('refuse settings of another workload, with the workload that has them: %j', (args, problem) => {
    expect(() => workload(...args)).toThrow(
      '[INVALID_INPUT] The workload is not valid. Expected nothing unless',
    );
    expect(() => workload(...args)).toThrow(problem);
  });

  it('refuse all of them at once', () => {
    expect(() => workload('--format', 'png', '--quality', '5')).toThrow(/for `format`.* for `quality`/);
  });

  it('leave a name of no workload to the schema, which says what there is', () => {
    expect(workload('--workload', 'sharpen', '--quality', '5')).toEqual({
      name: 'sharpen',
      params: { quality: 5 },
    });
  });
});

describe('wantsDatasetRange', () => {
  const wants = (...args: string[]) => wantsDatasetRange(flags(...args));

  it('is true for normalised images only, and for a range from one run only', () => {
    expect(wants('--workload', 'normalise', '--scope', 'dataset')).toBe(true);
    expect(wants('--workload', 'normalise', '--scope', 'image')).toBe(false);
    expect(wants('--workload', 'normalise')).toBe(false);
    expect(wants()).toBe(false);
    for (const named of [[], ['--workload', 'histogram']]) {
      expect(() => wants(...named, '--scope', 'dataset')).toThrow(
        'Expected nothing unless `workload` is normalise for `scope` but received "dataset".',
      );
    }
    expect(() => wants('--scope', 'dataset', '--statistics-run', 'r1')).toThrow(/cannot be used with option/);
  });
});
