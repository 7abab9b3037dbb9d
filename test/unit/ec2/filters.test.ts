import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyFilters, matches } from '../../../localstack/ec2/api/filters.ts';

describe('matches', () => {
  it.each([
    ['running', 'running', true],
    ['running', 'Running', false],
    ['run*', 'running', true],
    ['*ing', 'running', true],
    ['r?n*g', 'running', true],
    ['?', '', false],
    ['*', '', true],
    ['', 'a', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['?', '🦊', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-b-b', false],
  ])('%s against %s is %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it('says the same as a regular expression', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(pattern, text, (glob, value) => {
        const expression = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matches(glob, value)).toBe(expression.test(value));
      }),
      { numRuns: 500 },
    );
  });

  it('stays fast for a hostile pattern', () => {
    const startedAt = performance.now();
    expect(matches(`${'*a'.repeat(100)}b`, 'a'.repeat(2_000))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('applyFilters', () => {
  const items = [
    { id: '1', tags: new Map([['run', 'a']]) },
    {
      id: '2',
      tags: new Map([
        ['run', 'b'],
        ['role', 'head'],
      ]),
    },
  ];
  const fields = { id: (item: (typeof items)[number]) => [item.id] };
  const ids = (filters: Parameters<typeof applyFilters>[1]) =>
    applyFilters(items, filters, fields, ({ tags }) => tags).map(({ id }) => id);

  it('takes any value of a filter, and needs all filters', () => {
    expect(ids([{ Name: 'tag:run', Value: ['a', 'b'] }])).toEqual(['1', '2']);
    expect(
      ids([
        { Name: 'tag:run', Value: ['a', 'b'] },
        { Name: 'tag-key', Value: ['role'] },
      ]),
    ).toEqual(['2']);
    expect(ids([{ Name: 'tag-value', Value: ['head'] }])).toEqual(['2']);
    expect(ids([{ Name: 'id', Value: [] }])).toEqual([]);
    expect(ids([])).toEqual(['1', '2']);
  });

  it('refuses a filter that is not known, also one that every object has', () => {
    for (const Name of ['colour', 'toString']) {
      expect(() => ids([{ Name, Value: ['x'] }])).toThrow(
        expect.objectContaining({ code: 'InvalidParameterValue' }),
      );
    }
  });
});
