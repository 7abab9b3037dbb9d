import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paginate } from '../../../localstack/ec2/api/paging.ts';

describe('paginate', () => {
  it('visits every item once, in order, for any size of page', () => {
    const keys = fc
      .uniqueArray(fc.string({ minLength: 1 }))
      .map((list) => list.sort((a, b) => (a < b ? -1 : 1)));
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 7 }), (items, MaxResults) => {
        const seen: string[] = [];
        let NextToken: string | undefined;
        do {
          const page = paginate(items, (key) => key, 'Things', { MaxResults, NextToken });
          expect(page.items.length).toBeLessThanOrEqual(MaxResults);
          seen.push(...page.items);
          NextToken = page.nextToken;
        } while (NextToken !== undefined);
        expect(seen).toEqual(items);
      }),
    );
  });

  it('neither repeats nor skips when an item goes between two pages', () => {
    const first = paginate(['a', 'b', 'c', 'd'], (key) => key, 'Things', { MaxResults: 2 });
    const second = paginate(['a', 'c', 'd'], (key) => key, 'Things', {
      MaxResults: 2,
      NextToken: first.nextToken,
    });
    expect([...first.items, ...second.items]).toEqual(['a', 'b', 'c', 'd']);
  });

  it('refuses a token of another list, and one that is none', () => {
    const { nextToken } = paginate(['a', 'b'], (key) => key, 'Things', { MaxResults: 1 });
    for (const NextToken of [nextToken, 'x', 'bnVsbA']) {
      expect(() => paginate(['a', 'b'], (key) => key, 'Others', { NextToken })).toThrow(
        expect.objectContaining({ code: 'InvalidParameterValue' }),
      );
    }
  });
});
