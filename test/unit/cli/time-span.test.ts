import { InvalidArgumentError } from 'commander';
import { expect, it } from 'vitest';
import { timeSpan } from '../../../src/cli/time-span.ts';

it.each([
  ['90', 90],
  ['90s', 90],
  ['20m', 1_200],
  ['1.5h', 5_400],
])('%s is %d seconds', (text, seconds) => {
  expect(timeSpan(text)).toBe(seconds);
});

it.each(['', 'm', '20 minutes', '-5m', '1d'])('"%s" is no time', (text) => {
  expect(() => timeSpan(text)).toThrow(InvalidArgumentError);
});
