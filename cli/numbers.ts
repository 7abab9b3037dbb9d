import { InvalidArgumentError } from 'commander';
import { invalidInput, problemOf } from '../src/invalid-input.ts';

/** @throws InvalidArgumentError which commander shows with the option's name */
export function number(value: string): number {
  const parsed = Number(value);
  if (value.trim() === '' || !Number.isFinite(parsed)) throw new InvalidArgumentError('Expected a number.');
  return parsed;
}

/** @throws FanfleetError `INVALID_INPUT` where the value of an option is no integer of 1 to `most` */
export function expectInteger(option: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw invalidInput('The command', [problemOf(`an integer of 1 to ${most}`, option, value)]);
}
