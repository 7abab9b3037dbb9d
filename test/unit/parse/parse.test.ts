import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { FanfleetError } from '../../../src/errors.ts';
import { parse, parseJson } from '../../../src/parse.ts';

const schema = z.strictObject({
  name: z.string().min(2).max(4),
  count: z.int().min(1).max(9).default(3),
  kind: z.enum(['one', 'two']).default('one'),
  tags: z.array(z.string()).min(1).max(2).optional(),
  inner: z.strictObject({ at: z.iso.datetime() }).optional(),
  code: z
    .string()
    .regex(/^[a-z]+$/, 'a code of small letters')
    .optional(),
});

function problemsOf(input: unknown): string {
  try {
    parse(schema, input, 'The input');
  } catch (error) {
    expect(error).toMatchObject({ name: 'FanfleetError', code: 'INVALID_INPUT', source: 'user' });
    return (error as FanfleetError).message;
  }
  throw new Error('Expected a problem');
}

describe('parse', () => {
  it('resolves defaults and freezes the result', () => {
    const parsed = parse(schema, { name: 'abc' }, 'The input');
    expect(parsed).toEqual({ name: 'abc', count: 3, kind: 'one' });
    expect(Object.isFrozen(parsed)).toBe(true);
  });

  it('leaves the input as it was', () => {
    const input = { name: 'abc' };
    parse(schema, input, 'The input');
    expect(input).toEqual({ name: 'abc' });
    expect(Object.isFrozen(input)).toBe(false);
  });

  it('lists every problem at once, each with its path and what was received', () => {
    expect(
      problemsOf({ name: 7, count: 0, kind: 'three', tags: ['a', 5], inner: { at: 'now' }, code: 'A1' }),
    ).toBe(
      [
        '[INVALID_INPUT] The input is not valid.',
        'Expected string for `name` but received 7.',
        'Expected number of at least 1 for `count` but received 0.',
        'Expected one of "one", "two" for `kind` but received "three".',
        'Expected string for `tags.1` but received 5.',
        'Expected datetime text for `inner.at` but received "now".',
        'Expected a code of small letters for `code` but received "A1".',
      ].join(' '),
    );
  });

  it('tells a bound that is not in the range from one that is, and of two that are passed the own one', () => {
    const numbers = z.object({ more: z.number().positive(), less: z.number().lt(1), most: z.int().max(9) });
    expect(() => parse(numbers, { more: 0, less: 1, most: 1e30 }, 'The input')).toThrow(
      [
        'Expected number of more than 0 for `more` but received 0.',
        'Expected number of less than 1 for `less` but received 1.',
        'Expected number of at most 9 for `most` but received 1e+30.',
      ].join(' '),
    );
  });

  it.each([
    [{}, 'Expected string for `name` but received nothing.'],
    [{ name: 'a' }, 'Expected string of at least 2 characters for `name` but received "a".'],
    [{ name: 'abcde' }, 'Expected string of at most 4 characters for `name` but received "abcde".'],
    [{ name: 'ab', count: 1.5 }, 'Expected integer for `count` but received 1.5.'],
    [{ name: 'ab', count: 10 }, 'Expected number of at most 9 for `count` but received 10.'],
    [{ name: 'ab', count: '5' }, 'Expected number for `count` but received "5".'],
    [{ name: 'ab', count: null }, 'Expected number for `count` but received null.'],
    [{ name: 'ab', tags: [] }, 'Expected array of at least 1 item for `tags` but received [].'],
    [{ name: 'ab', tags: ['1', '2', '3'] }, 'Expected array of at most 2 items for `tags`'],
    [{ name: 'ab', inner: 5 }, 'Expected object for `inner` but received 5.'],
    ['text', 'Expected object for `(root)` but received "text".'],
    [undefined, 'Expected object for `(root)` but received nothing.'],
  ])('says of %j: %s', (input, problem) => {
    expect(problemsOf(input)).toContain(problem);
  });

  it('names unknown fields and says what to do with them', () => {
    expect(problemsOf({ name: 'ab', prefx: 1, more: 2 })).toContain(
      'Expected no field `prefx`, `more`: it is not known; remove it or correct its name.',
    );
    expect(problemsOf({ name: 'ab', inner: { at: '2026-01-31T00:00:00Z', on: 1 } })).toContain(
      'Expected no field `on` in `inner`: it is not known; remove it or correct its name.',
    );
  });

  it('says so where no form of a union fits', () => {
    const union = z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]);
    expect(() => parse(union, { c: 1 }, 'The event')).toThrow(
      'Expected one of the forms that are allowed for `(root)` but received {"c":1}.',
    );
  });

  it('names the forms of a union that a field tells apart', () => {
    const union = z.discriminatedUnion('name', [
      z.object({ name: z.literal('one') }),
      z.object({ name: z.literal('two') }),
    ]);
    expect(() => parse(z.object({ kind: union }), { kind: { name: 'three' } }, 'The event')).toThrow(
      'Expected one of "one", "two" for `kind.name` but received "three".',
    );
  });

  it('shows no more than the beginning of what is long', () => {
    const message = problemsOf({ name: 'x'.repeat(10_000) });
    expect(message).toContain('…');
    expect(message.length).toBeLessThan(400);
  });
});

describe('parseJson', () => {
  it('reads text as `parse` does what it says, and tells of text that says nothing', () => {
    expect(parseJson(schema, Buffer.from('{"name":"abc"}'), 'f.json')).toEqual(
      parse(schema, { name: 'abc' }, 'f.json'),
    );
    const read = (text: string) => () => parseJson(schema, Buffer.from(text), 'f.json');
    expect(read('{"name":1}')).toThrow('[INVALID_INPUT] f.json is not valid. Expected string for `name`');
    expect(read('{"name":')).toThrow('[INVALID_INPUT] f.json is not valid. Expected JSON but found none: Un');
  });
});
