import { FanfleetError } from './errors.ts';

/** @param path of the field, `''` for the input itself */
export function problemOf(expected: string, path: string, received: unknown): string {
  return `Expected ${expected} for \`${path || '(root)'}\` but received ${shown(received)}.`;
}

/** The error `INVALID_INPUT`, which lists every problem of an input. */
export function invalidInput(what: string, problems: readonly string[]): FanfleetError {
  return new FanfleetError('INVALID_INPUT', `${what} is not valid. ${problems.join(' ')}`, {
    source: 'user',
  });
}

/** A value that somebody sent, as JSON, and cut where it is long. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
