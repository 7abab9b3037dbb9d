import { describe, expect, it } from 'vitest';
import { layout } from '../../../src/contract/layout.ts';
import { isKeyTooLong, MAX_KEY_BYTES } from '../../../src/contract/normalised-file.ts';
import { imageTask } from '../../../src/kernel/image-task.ts';
import { resolveRun } from '../../../src/run/run.ts';
import { DEPLOYMENT } from '../../support/deployment.ts';

const resolve = (fields: object) => resolveRun({ prefix: 'x/', ...fields }, 'r1', 0, DEPLOYMENT);

describe('a run that normalises', () => {
  it('has the normalisation that the kernels take, and apart from it the run with the range', () => {
    const normalise = { format: 'npy', statisticsRun: 'r0' };
    expect(resolve({ operation: 'normalise', normalise })).toMatchObject({
      operation: 'normalise',
      normalisation: { format: 'npy', channels: 'all', quality: 90 },
      statisticsRun: 'r0',
    });
    expect(resolve({ operation: 'normalise' })).toMatchObject({
      normalisation: { format: 'png', channels: 'all', quality: 90 },
      statisticsRun: null,
    });
  });
});

describe('imageTask', () => {
  it('is an operation, or a normalisation', () => {
    expect(imageTask(resolve({ operation: 'max' }))).toEqual({ operation: 'max', depth: '8' });
    expect(imageTask(resolve({ operation: 'max', depth: 'native' }))).toEqual({
      ...{ operation: 'max', depth: 'native' },
    });
    expect(imageTask(resolve({ operation: 'normalise' }))).toEqual({
      operation: 'normalise',
      normalisation: { format: 'png', channels: 'all', quality: 90 },
    });
  });

  it('is never to normalise without saying how', () => {
    expect(() => imageTask({ operation: 'normalise', depth: 'native', normalisation: null })).toThrow(
      'NORMALISATION_MISSING',
    );
  });
});

describe('keys of normalised images', () => {
  it('that are not too long have files whose keys S3 takes, in any run, arm and round', () => {
    const longest = 'é'.repeat(MAX_KEY_BYTES / 2);
    expect(isKeyTooLong(longest)).toBe(false);
    expect(isKeyTooLong(`${longest}x`)).toBe(true);
    const file = layout.normalised('r'.repeat(80), 'serverless', 49, longest, 'jpeg');
    expect(Buffer.byteLength(file)).toBeLessThanOrEqual(1024);
  });

  it('are apart for images that differ in their suffix only', () => {
    const files = ['a', 'a.jpg', 'a.png'].flatMap((key) =>
      (['png', 'jpeg', 'npy'] as const).map((format) => layout.normalised('r', 'fleet', 0, key, format)),
    );
    expect(new Set(files).size).toBe(9);
  });
});
