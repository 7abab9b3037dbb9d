import { describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf, exitCodeOfError } from '../../../cli/exit-code.ts';
import { type ErrorSource, FanfleetError } from '../../../src/errors.ts';

describe('EXIT', () => {
  it('has the numbers that scripts rely on', () => {
    expect(EXIT).toEqual({
      OK: 0,
      THRESHOLD_MISSED: 1,
      USAGE: 2,
      FAILED_ITEMS: 3,
      ARMS_DISAGREE: 4,
      ARM_FAILED: 5,
      AWS: 7,
      INTERNAL: 70,
      SIGINT: 130,
      SIGPIPE: 141,
      SIGTERM: 143,
    });
  });
});

describe('exitCodeOf', () => {
  const fine = { failedArms: 0, digestsEqual: true, failedItems: 0 };
  it.each([
    ['a run that is fine', {}, 0],
    ['one arm, with nothing to compare', { digestsEqual: null }, 0],
    ['failed images', { failedItems: 1 }, 3],
    ['arms that disagree', { digestsEqual: false }, 4],
    ['a failed arm', { failedArms: 1, digestsEqual: null }, 5],
    ['a failed arm and failed images', { failedArms: 1, failedItems: 9 }, 5],
    [
      'everything at once: disagreement is the gravest',
      { failedArms: 1, digestsEqual: false, failedItems: 9 },
      4,
    ],
  ])('of %s', (_, outcome, code) => {
    expect(exitCodeOf({ ...fine, ...outcome })).toBe(code);
  });
});

describe('exitCodeOfError', () => {
  it.each<[ErrorSource, number]>([
    ['user', 2],
    ['aws', 7],
    ['internal', 70],
  ])('of an error by %s: %i', (source, code) => {
    expect(exitCodeOfError(new FanfleetError('X', 'y', { source }))).toBe(code);
  });

  it('of anything else that was thrown is an internal one', () => {
    expect(exitCodeOfError(new TypeError('x'))).toBe(70);
    expect(exitCodeOfError('x')).toBe(70);
  });
});
