import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from '../../../src/parse.ts';
import { expectKnown } from '../../../src/workloads/expect-known.ts';
import { type ImageTaskName, imageTask } from '../../../src/workloads/image-task.ts';
import { WORKLOAD_NAMES } from '../../../src/workloads/names.ts';
import { resolveWorkload, workloadSchema } from '../../../src/workloads/schemas.ts';
import { outcome, places, withValue } from '../changed-value.ts';

const NORMALISE = {
  name: 'normalise',
  params: {
    format: 'npy',
    channels: 'each',
    quality: 90,
    range: { min: [0, 1, 2], max: [253, 254, 65_535], depth: 16 },
  },
};

function taskOf({ name, params }: { readonly name: string; readonly params: object }) {
  return imageTask(name as ImageTaskName, params as Readonly<Record<string, unknown>>);
}

describe('expectKnown', () => {
  it.each(['sharpen', '', 'toString'])('names the workloads that there are for %j', (name) => {
    expect(() => expectKnown(name)).toThrow(
      `[INVALID_INPUT] The workload is not valid. Expected one of "statistics", "histogram", "normalise", "knn", "kmeans", "classify", "cnn", "embed" for \`name\` but received "${name}".`,
    );
  });

  it('gives the name', () => expect(WORKLOAD_NAMES.map(expectKnown)).toEqual(WORKLOAD_NAMES));
});

describe('imageTask', () => {
  it('is an operation, or a normalisation', () => {
    expect(taskOf(resolveWorkload({ name: 'statistics', params: { operation: 'max' } }))).toEqual({
      ...{ operation: 'max', depth: '8' },
    });
    expect(taskOf(resolveWorkload({ name: 'histogram', params: { depth: 'native' } }))).toEqual({
      ...{ operation: 'histogram', depth: 'native' },
    });
    expect(taskOf(resolveWorkload({ name: 'normalise' }))).toEqual({
      operation: 'normalise',
      normalisation: { format: 'png', channels: 'all', quality: 90 },
    });
  });

  it('has the range of a normalisation, and nothing of the run that it is from', () => {
    const { params } = NORMALISE;
    expect(taskOf({ ...NORMALISE, params: { ...params, statisticsRun: 'r1' } })).toEqual({
      operation: 'normalise',
      normalisation: params,
    });
  });

  it('lists every setting that is missing or wrong', () => {
    expect(() => imageTask('normalise', { format: 'gif', quality: 101 })).toThrow(
      '[INVALID_INPUT] The workload normalise is not valid.' +
        ' Expected one of "png", "jpeg", "npy" for `format` but received "gif".' +
        ' Expected one of "all", "each" for `channels` but received nothing.' +
        ' Expected integer of at least 1 and at most 100 for `quality` but received 101.',
    );
    expect(() => imageTask('histogram', {})).toThrow(
      'Expected one of "8", "native" for `depth` but received nothing.',
    );
    expect(() => taskOf(withValue(NORMALISE, ['params', 'range', 'min'], [0, 1]) as never)).toThrow(
      'Expected three integers for `range.min` but received [0,1].',
    );
  });

  it('accepts and refuses what the schema of a run does', () => {
    const workloads = [
      NORMALISE,
      resolveWorkload({ name: 'statistics' }),
      resolveWorkload({ name: 'histogram' }),
    ];
    const spots = workloads.flatMap((workload) =>
      places(workload.params).map((place) => ({ workload, place: ['params', ...place] })),
    );
    const values = fc.oneof(
      fc.constantFrom<unknown>(null, '', 'mean', 'stats', '8', 'native', 'png', 'all', [], [{}]),
      fc.constantFrom<unknown>([1, 2, 3], [1, 2], [1, 2, 3.5], true, -1, 0, 0.5, 1, 16, 100, 101, 2 ** 53),
      // A run has all of its settings.
      fc.anything().filter((value) => value !== undefined),
    );
    const isTaken = (read: () => unknown) => outcome(() => Boolean(read()));
    fc.assert(
      fc.property(fc.constantFrom(...spots), values, ({ workload, place }, value) => {
        // An object in place of all settings is another matter: the schema has defaults, and knows no others.
        fc.pre(place.length > 1 || typeof value !== 'object' || value === null || Array.isArray(value));
        const changed = withValue(workload, place, value);
        expect(isTaken(() => taskOf(changed as never))).toEqual(
          isTaken(() => parse(workloadSchema, changed, 'The workload')),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
