import { InvalidArgumentError } from 'commander';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3_600, d: 86_400 };

/**
 * Whole seconds of a time such as `90`, `90s`, `20m`, `20min`, `1.5h` or `2d`.
 *
 * @throws InvalidArgumentError which commander shows with the option's name
 */
export function timeSpan(value: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?$/.exec(value.trim()) ?? [];
  if (digits === '') throw new InvalidArgumentError('Expected a time such as 90s, 20m or 2h.');
  return Math.round(Number(digits) * (SECONDS[unit || 's'] ?? 1));
}
