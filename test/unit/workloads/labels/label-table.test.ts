import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLabelTable } from '../../../../src/workloads/labels/label-table.ts';

const read = (text: string) => Object.fromEntries(readLabelTable(text, 's3://b/x.csv'));

describe('a CSV with labels', () => {
  it('is read by the names of its columns', () => {
    expect(read('key,label\na.png,cat\nb.png,7\n')).toEqual({ 'a.png': 'cat', 'b.png': '7' });
    expect(read('size,label,key\r\n1,cat,a.png\r\n')).toEqual({ 'a.png': 'cat' });
  });

  it('may have quotes, what they are for, a mark of UTF-8, empty lines, and no end of the last line', () => {
    expect(read('\ufeff"key",label\n"a, ""b"".png","c\nd"\n\n"",x\n😀.png,é')).toEqual({
      'a, "b".png': 'c\nd',
      '': 'x',
      '😀.png': 'é',
    });
  });

  it('may leave keys without a label, and say one twice', () => {
    expect(read('key,label\na.png,\nb.png,cat\nb.png,cat\n')).toEqual({ 'b.png': 'cat' });
  });

  it.each([
    ['', 'Line 1: expected a header with the columns `key` and `label` but found nothing'],
    ['file,label\na,b\n', 'but found "file", "label"'],
    ['key,label\na.png,cat\nb.png\n', 'Line 3: expected 2 fields but found 1'],
    ['key,label\n\n"a\nb.png",cat,dog\n', 'Line 3: expected 2 fields but found 3'],
    ['key,label\na.png,"cat\n', 'Line 2: expected a field, with all quotes in pairs'],
    ['key,label\na.png,c"at\n', 'Line 2: expected a field, with all quotes in pairs'],
    ['key,label\na.png,"c"at\n', 'Line 2: expected a field, with all quotes in pairs'],
    ['key,label\na.png,cat\na.png,dog\n', 'Line 3: expected one label of a.png but found dog after cat'],
  ])('of %j is refused', (text, words) => {
    expect(() => read(text)).toThrow(`The labels in s3://b/x.csv cannot be used.`);
    expect(() => read(text)).toThrow(words);
  });

  it('gives back what was written', () => {
    const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;
    const tables = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ minLength: 1, unit: 'binary' }));
    fc.assert(
      fc.property(tables, fc.constantFrom('\n', '\r\n'), (table, end) => {
        const lines = Object.entries(table).map((fields) => fields.map(quoted).join(','));
        expect(read(['key,label', ...lines].join(end))).toEqual({ ...table });
      }),
    );
  });
});
