import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { escapeXml, renderError, renderResponse } from '../../../localstack/ec2/api/xml.ts';

const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  ignoreAttributes: false,
  processEntities: { enabled: true, maxTotalExpansions: 100_000, maxExpandedLength: 1_000_000 },
});

describe('renderResponse', () => {
  it('nests structures, makes items of lists, and leaves out what is undefined', () => {
    const xml = renderResponse('DescribeThings', 'r-1', {
      thingSet: [{ id: 't-1', count: 2, on: true, at: new Date(0) }, { id: 't-2' }],
      nextToken: undefined,
      emptySet: [],
    });
    expect(xml).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<DescribeThingsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId>' +
        '<thingSet><item><id>t-1</id><count>2</count><on>true</on><at>1970-01-01T00:00:00.000Z</at></item>' +
        '<item><id>t-2</id></item></thingSet><emptySet></emptySet></DescribeThingsResponse>',
    );
  });

  it('holds any text that XML can hold', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((each) => escapeXml(each).indexOf('\ufffd') < 0 && each.trim() !== '');
    fc.assert(
      fc.property(text, (value) => {
        const parsed = parser.parse(renderResponse('Do', 'r', { value }));
        expect(parsed.DoResponse.value).toBe(value);
      }),
      { numRuns: 200 },
    );
  });

  it('replaces what XML cannot hold', () => {
    expect(escapeXml('a\u0000b\u001bc\ud800d\tn')).toBe('a\ufffdb\ufffdc\ufffdd\tn');
  });
});

describe('renderError', () => {
  it('has the form of EC2 errors', () => {
    const parsed = parser.parse(renderError('InvalidGroup.NotFound', "no '<sg>'", 'r-1'));
    expect(parsed.Response).toEqual({
      Errors: { Error: { Code: 'InvalidGroup.NotFound', Message: "no '<sg>'" } },
      RequestID: 'r-1',
    });
  });
});
