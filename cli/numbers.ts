import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError which commander shows with the option's name */
export function number(value: string): number {
  const parsed = Number(value);
  if (value.trim() === '' || !Number.isFinite(parsed)) throw new InvalidArgumentError('Expected a number.');
  return parsed;
}
