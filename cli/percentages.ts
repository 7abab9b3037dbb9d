import { InvalidArgumentError } from 'commander';

/**
 * Read percentages such as `0.1,50,99.9`.
 *
 * @throws InvalidArgumentError which commander shows with the option's name
 */
export function percentages(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.every((value) => value >= 0 && value <= 100)) return values;
  throw new InvalidArgumentError('Expected numbers of 0 to 100 with commas between them.');
}
