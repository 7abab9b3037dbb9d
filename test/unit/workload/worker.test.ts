import { describe, expect, it } from 'vitest';
import { workerLimits } from '../../../functions/process.ts';
import { parse } from '../../../src/parse.ts';
import { workSchema } from '../../../src/workload/worker.ts';

describe('workSchema', () => {
  const work = {
    runId: 'r',
    round: 0,
    bucket: 'b',
    runsBucket: 'runs',
    operation: 'mean',
    normalisation: null,
    batch: { batch: 0, bytes: 3, objects: [{ key: 'a.jpg', size: 3, etag: '"e"' }] },
  };

  it('takes a batch of the manifest', () => {
    expect(parse(workSchema, work, 'The work')).toEqual(work);
  });

  it('takes a normalisation with the range of the dataset', () => {
    const range = { min: [0, 1, 2], max: [253, 254, 255] };
    const normalisation = { format: 'npy', channels: 'each', quality: 90, range };
    const normalise = { ...work, operation: 'normalise', normalisation };
    expect(parse(workSchema, normalise, 'The work')).toEqual(normalise);
  });

  it.each([
    ['no objects', { batch: { ...work.batch, objects: [] } }, 'for `batch.objects` but received []'],
    ['an unknown operation', { operation: 'median' }, 'for `operation` but received "median"'],
    ['a negative round', { round: -1 }, 'for `round` but received -1'],
  ])('refuses %s', (_, fields, problem) => {
    expect(() => parse(workSchema, { ...work, ...fields }, 'The work')).toThrow(problem);
  });
});

describe('workerLimits', () => {
  it.each([
    [512, 2],
    [1769, 2],
    [3538, 4],
    [10_240, 12],
  ])('of %i MB: %i decodes at once, and far less bytes than there are', (memory, decodes) => {
    const limits = workerLimits(memory);
    expect(limits.decodes).toBe(decodes);
    expect(limits.encodedBytes + limits.decodedBytes).toBeLessThan(memory * 1024 * 1024 * 0.5);
  });

  it('fetches ahead by the cores, not by the memory, that there are', () => {
    const ahead = [512, 1024, 1769].map((memory) => workerLimits(memory).encodedBytes);
    expect(new Set(ahead).size).toBe(1);
    expect(workerLimits(3538).encodedBytes).toBe(2 * workerLimits(1769).encodedBytes);
    expect(workerLimits(64).encodedBytes).toBe(8 * 1024 * 1024);
  });
});
