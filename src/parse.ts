import type { z } from 'zod';
import { invalidInput, problemOf } from './invalid-input.ts';
import { parseJsonText } from './json-text.ts';

/**
 * Parse untrusted input with a schema: frozen, resolved defaults, or one error that lists every problem.
 *
 * @param what how the input is called in the error, e.g. `the execution input`
 * @throws FanfleetError `INVALID_INPUT`, in the form: Expected … for `path` but received ….
 */
export function parse<S extends z.ZodType>(schema: S, input: unknown, what: string): Readonly<z.output<S>> {
  const result = schema.safeParse(input, { error: expectation });
  if (result.success) return Object.freeze(result.data) as Readonly<z.output<S>>;
  const { issues } = result.error;
  const problems = issues
    .filter((one) => !isRangeOfDoubles(one, issues))
    .map((issue) => describe(issue, input));
  throw invalidInput(what, problems);
}

/**
 * Likewise of JSON text, such as a file that somebody may have changed.
 *
 * @throws FanfleetError `INVALID_INPUT`, also where it is no JSON
 */
export function parseJson<S extends z.ZodType>(schema: S, text: Buffer, what: string): Readonly<z.output<S>> {
  return parse(schema, parseJsonText(text, what), what);
}

/** Whether that is the bound of all integers, where the schema has a bound of its own that is passed as well. */
function isRangeOfDoubles(one: z.core.$ZodIssue, issues: readonly z.core.$ZodIssue[]): boolean {
  if (!('origin' in one) || one.origin !== 'int') return false;
  return issues.some((other) => other !== one && other.code === one.code && isSamePath(other.path, one.path));
}

function isSamePath(a: readonly PropertyKey[], b: readonly PropertyKey[]): boolean {
  return a.length === b.length && a.every((step, at) => step === b[at]);
}

function describe(issue: z.core.$ZodIssue, input: unknown): string {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const fields = issue.keys.map((key) => `\`${key}\``).join(', ');
    const where = path === '' ? '' : ` in \`${path}\``;
    return `Expected no field ${fields}${where}: it is not known; remove it or correct its name.`;
  }
  return problemOf(issue.message, path, valueAt(issue.path, input));
}

/** What a schema wanted. A message of the schema's own comes before this one. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'integer' : issue.expected;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'too_small':
      return `${issue.origin} of ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unit(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `${issue.origin} of ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unit(issue.origin, issue.maximum)}`;
    case 'invalid_format':
      return `${issue.format} text`;
    case 'invalid_union':
      // Of a union whose forms a field tells apart, these are the values of that field.
      return Array.isArray(issue.options) ? oneOf(issue.options) : 'one of the forms that are allowed';
    default:
      return undefined;
  }
}

function oneOf(values: readonly unknown[]): string {
  return `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`;
}

function unit(origin: string, count: number | bigint): string {
  const units: Readonly<Record<string, string>> = { string: 'character', array: 'item' };
  const name = units[origin];
  return name === undefined ? '' : ` ${name}${Number(count) === 1 ? '' : 's'}`;
}

function valueAt(path: readonly PropertyKey[], input: unknown): unknown {
  let value: unknown = input;
  for (const key of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
