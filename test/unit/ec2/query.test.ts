import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery, type QueryValue } from '../../../localstack/ec2/api/query.ts';

/** The other way round: how the SDK writes a value. */
function flatten(value: QueryValue, prefix: string): [string, string][] {
  if (typeof value === 'string') return [[prefix, value]];
  if (Array.isArray(value)) return value.flatMap((item, index) => flatten(item, `${prefix}.${index + 1}`));
  return Object.entries(value).flatMap(([name, child]) => flatten(child, `${prefix}.${name}`));
}

function encode(pairs: [string, string][]): string {
  return new URLSearchParams(pairs).toString();
}

const name = fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,9}$/);
const { tree } = fc.letrec<{ tree: QueryValue; text: string }>((tie) => ({
  text: fc.string({ unit: 'grapheme' }),
  tree: fc.oneof(
    { maxDepth: 4 },
    tie('text'),
    fc.array(tie('tree'), { minLength: 1, maxLength: 12 }),
    fc.dictionary(name, tie('tree'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe('parseQuery', () => {
  it('gives back every structure as it was before it was flattened', () => {
    fc.assert(
      fc.property(fc.dictionary(name, tree, { noNullPrototype: true, maxKeys: 4 }), (parameters) => {
        fc.pre(!('Action' in parameters) && !('Version' in parameters));
        const pairs = Object.entries(parameters).flatMap(([key, value]) => flatten(value, key));
        const body = encode([['Action', 'Do'], ['Version', '2016-11-15'], ...pairs]);
        expect(parseQuery(body)).toEqual({ action: 'Do', parameters });
      }),
      { numRuns: 150 },
    );
  });

  it('does not depend on the order of the parameters', () => {
    const body =
      'Filter.2.Name=b&Filter.10.Name=c&Action=Do&Filter.1.Value.2=y&Filter.1.Name=a&Filter.1.Value.1=x';
    expect(parseQuery(body).parameters).toEqual({
      Filter: [{ Name: 'a', Value: ['x', 'y'] }, { Name: 'b' }, { Name: 'c' }],
    });
  });

  it('decodes what forms escape', () => {
    expect(parseQuery('Action=Do&A=a+b%2Bc%20%C3%A9').parameters).toEqual({ A: 'a b+c é' });
  });

  it.each([
    ['A=1', 'MissingAction'],
    ['Action=Do&A.1=x&A.B=y', 'MalformedQueryString'],
    ['Action=Do&A=x&A.1=y', 'MalformedQueryString'],
    ['Action=Do&A.1=y&A=x', 'MalformedQueryString'],
    ['Action=Do&A=x&A=y', 'MalformedQueryString'],
    ['Action=Do&1=x', 'MalformedQueryString'],
    ['Action=Do&A..B=x', 'MalformedQueryString'],
    ['Action=Do&A.0=x', 'MalformedQueryString'],
    ['Action=Do&__proto__.polluted=x', 'MalformedQueryString'],
    [`Action=Do&${'A.'.repeat(20)}B=x`, 'MalformedQueryString'],
    [`Action=Do&${Array.from({ length: 6_000 }, (_, i) => `A${i}=x`).join('&')}`, 'MalformedQueryString'],
  ])('refuses %.60s', (body, code) => {
    expect(() => parseQuery(body)).toThrow(expect.objectContaining({ code }));
  });

  it('never throws anything else than an EC2 error', () => {
    fc.assert(
      fc.property(fc.string(), (body) => {
        try {
          parseQuery(body);
        } catch (reason) {
          expect(reason).toHaveProperty('status', 400);
        }
      }),
    );
  });
});
