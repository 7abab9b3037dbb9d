import { InvalidArgumentError } from 'commander';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/**
 * Whole seconds of a time such as `90`, `90s`, `20m` or `1.5h`.
 *
 * @throws InvalidArgumentError which commander shows with the option's name
 */
export function timeSpan(value: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([smh]?)$/.exec(value.trim()) ?? [];
  if (digits === '') throw new InvalidArgumentError('Expected a time such as 90s, 20m or 2h.');
  return Math.round(Number(digits) * (SECONDS[unit || 's'] ?? 1));
}
