import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../bench/options.ts';

describe('the options of the bench', () => {
  it('runs everything with five rounds by itself', () => {
    expect(parseOptions([])).toMatchObject({
      only: ['kernels', 'frameworks', 's3', 'normalise', 'memory', 'startup'],
      rounds: 5,
      seconds: 1,
      quick: false,
    });
  });

  it('takes some groups, and one short round to see that all works', () => {
    expect(parseOptions(['--only', 'kernels,s3', '--quick'])).toMatchObject({
      only: ['kernels', 's3'],
      rounds: 1,
    });
    expect(parseOptions(['--quick', '--rounds', '3'])).toMatchObject({ rounds: 3 });
  });

  it('refuses what it does not know', () => {
    expect(() => parseOptions(['--only', 'kernel'])).toThrow('INVALID_INPUT');
    expect(() => parseOptions(['--rounds', '0'])).toThrow('INVALID_INPUT');
    expect(() => parseOptions(['--round', '3'])).toThrow("'--round'");
  });

  it('gives help instead', () => {
    expect(parseOptions(['--help'])).toBe('help');
  });
});
