import { invalidInput, problemOf } from './invalid-input.ts';

/**
 * Read untrusted input field by field: for what must start without zod, since loading that takes as long as all else in
 * `measure` (docs/performance.md). Fields that are not read are left out, as by a schema.
 *
 * @param what how the input is called in the error, e.g. `the event of measure`
 * @throws FanfleetError `INVALID_INPUT` that lists every problem, in the words of `parse`
 *
 * @example
 * readFields(event, 'The event', (event) => ({ runId: event.text('runId'), round: event.integer('round') }));
 */
export function readFields<T>(input: unknown, what: string, read: (fields: Fields) => T): Readonly<T> {
  const problems: string[] = [];
  const result = read(new Fields(objectOf(input, '', problems), '', problems));
  if (problems.length > 0) throw invalidInput(what, problems);
  return Object.freeze(result);
}

type Values = Readonly<Record<string, unknown>>;

/** The fields of an object. A method notes a problem where a field is not as it says, and goes on with a stand-in. */
export class Fields {
  readonly #values: Values | undefined;
  readonly #path: string;
  readonly #problems: string[];

  /** @param values undefined for what is no object: a problem by itself, and not one for each field */
  constructor(values: Values | undefined, path: string, problems: string[]) {
    this.#values = values;
    this.#path = path;
    this.#problems = problems;
  }

  /** A field that passes a test. */
  take<T>(name: string, expected: string, fits: (value: unknown) => value is T, standIn: NoInfer<T>): T {
    const value = this.#values?.[name];
    if (fits(value)) return value;
    if (this.#values !== undefined) this.#problems.push(problemOf(expected, this.#pathTo(name), value));
    return standIn;
  }

  /** @param fewest characters. @default 1 */
  text(name: string, fewest = 1): string {
    const fits = (value: unknown): value is string => typeof value === 'string' && value.length >= fewest;
    return this.take(name, fewest === 0 ? 'string' : 'string that is not empty', fits, '');
  }

  integer(name: string, least = 0, most: number = Number.MAX_SAFE_INTEGER): number {
    const fits = (value: unknown): value is number => isInteger(value) && value >= least && value <= most;
    const to = most === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${most}`;
    return this.take(name, `integer of at least ${least}${to}`, fits, least);
  }

  flag(name: string): boolean {
    return this.take(name, 'boolean', (value) => typeof value === 'boolean', false);
  }

  oneOf<const T extends string>(name: string, values: readonly [T, ...T[]]): T {
    const fits = (value: unknown): value is T => values.some((known) => known === value);
    const expected = `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`;
    return this.take(name, expected, fits, values[0]);
  }

  object<T>(name: string, read: (fields: Fields) => T): T {
    return read(this.#within(this.#values?.[name], name));
  }

  /** The objects of an array that has at least one. */
  objects<T>(name: string, read: (fields: Fields) => T): T[] {
    const fits = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0;
    const items = this.take(name, 'array of at least 1 item', fits, []);
    return items.map((item, index) => read(this.#within(item, `${name}.${index}`)));
  }

  /** Nothing where there is no such field. */
  optional<T>(name: string, read: (name: string) => T): T | undefined {
    return this.#values?.[name] === undefined ? undefined : read(name);
  }

  nullable<T>(name: string, read: (name: string) => T): T | null {
    return this.#values?.[name] === null ? null : read(name);
  }

  #within(value: unknown, name: string): Fields {
    const path = this.#pathTo(name);
    const values = this.#values && objectOf(value, path, this.#problems);
    return new Fields(values, path, this.#problems);
  }

  #pathTo(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

export function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function objectOf(value: unknown, path: string, problems: string[]): Values | undefined {
  if (isObject(value)) return value;
  problems.push(problemOf('object', path, value));
  return undefined;
}

export function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
