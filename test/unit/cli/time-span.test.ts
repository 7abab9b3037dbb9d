import { InvalidArgumentError } from 'commander';
import { expect, it } from 'vitest';
import { timeSpan } from '../../../cli/time-span.ts';

it.each([
  ['90', 90],
  ['90s', 90],
  ['20m', 1_200],
  ['10 min', 600],
  ['1.5h', 5_400],
  ['2d', 172_800],
])('%s is %d seconds', (text, seconds) => {
  expect(timeSpan(text)).toBe(seconds);
});

it.each(['', 'm', '20 minutes', '-5m', '1e3', '1h30m'])('"%s" is no time', (text) => {
  expect(() => timeSpan(text)).toThrow(InvalidArgumentError);
});
