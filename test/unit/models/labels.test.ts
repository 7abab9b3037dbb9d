import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLabels } from '../../../src/models/labels.ts';

const read = (text: string) => readLabels(text, 'l.txt');

describe('labels of classes', () => {
  it.each([
    ['cat\ndog\n', ['cat', 'dog']],
    ['\ufeffcat\r\ntabby, tabby cat \r\n\n', ['cat', 'tabby, tabby cat']],
    ['crane\ncrane', ['crane', 'crane']],
    ['["cat", "dog"]', ['cat', 'dog']],
    [' {"1": "dog", "0": "cat"}', ['cat', 'dog']],
  ])('%j are %j', (text, labels) => {
    expect(read(text)).toEqual(labels);
  });

  it('are given back in each form', () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9 ,'é-]{0,30}[a-z]$/);
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 30 }), (labels) => {
        expect(read(labels.join('\n'))).toEqual(labels);
        expect(read(JSON.stringify(labels))).toEqual(labels);
        expect(read(JSON.stringify({ ...labels }))).toEqual(labels);
      }),
    );
  });

  it.each([
    ['', 'Expected a label of each class but found none.'],
    ['[]', 'but found none'],
    ['cat\n\ndog', 'Expected a label of class 1 but it is empty.'],
    ['x'.repeat(201), 'Expected a label of at most 200 letters but found 201 letters of that of class 0.'],
    ['["cat"', 'Expected JSON but got'],
    ['["cat", 7]', 'Expected a list of texts'],
    ['{"0": ["n01440764", "tench"]}', 'Expected a list of texts'],
    ['{"0": "cat", "2": "dog"}', 'each index from 0 to 1, as there are 2, but 1 has none'],
    ['{"id2label": {}}', 'but 0 has none'],
    ['x\n'.repeat(100_001), 'Expected at most 100000 labels but found 100001.'],
  ])('are not %.40j', (text, words) => {
    expect(() => read(text)).toThrow('l.txt is not valid.');
    expect(() => read(text)).toThrow(words);
  });
});
