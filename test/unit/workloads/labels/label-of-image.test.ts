import { describe, expect, it } from 'vitest';
import {
  folderLabel,
  jsonKey,
  labelInJson,
  nameLabel,
} from '../../../../src/workloads/labels/label-of-image.ts';

describe('the label of an image', () => {
  it.each([
    ['train/cat/1.png', 'cat'],
    ['train/a.b/cat dog/1.png', 'cat dog'],
    ['1.png', null],
    ['./1.png', null],
    ['train//1.png', null],
    // What all have in common says nothing of one.
    ['train/1.png', null],
    ['other/cat/1.png', 'cat'],
    [`train/${'x'.repeat(200)}/1.png`, 'x'.repeat(200)],
    [`train/${'x'.repeat(201)}/1.png`, null],
  ])('by the folder of %s is %s', (key, label) => {
    expect(folderLabel(key, 'train/')).toBe(label);
  });

  it.each([
    ['digits/0001-7.png', '7'],
    ['digits-1/a-b-cat.dog.jpeg', 'cat.dog'],
    ['digits-1/cat.png', null],
    ['digits/0001-.png', null],
    ['0001-seven', 'seven'],
    ['digits/-7.png', '7'],
    [`digits/1-${'x'.repeat(201)}.png`, null],
  ])('by the name of %s is %s', (key, label) => {
    expect(nameLabel(key)).toBe(label);
  });

  it.each([
    ['a/b.c/1.png', 'a/b.c/1.json'],
    ['a/b.c/1.tar.png', 'a/b.c/1.tar.json'],
    ['a/b.c/1', 'a/b.c/1.json'],
    ['a/.png', 'a/.png.json'],
  ])('of %s is in %s', (key, file) => {
    expect(jsonKey(key)).toBe(file);
  });

  it.each([
    ['{"label":"cat","other":1}', 'cat'],
    ['{"label":7}', '7'],
    ['{"label":-7}', '-7'],
    ['{"label":7.5}', null],
    ['{"label":""}', null],
    [JSON.stringify({ label: 'x'.repeat(200) }), 'x'.repeat(200)],
    [JSON.stringify({ label: 'x'.repeat(201) }), null],
    ['{"label":null}', null],
    ['{"Label":"cat"}', null],
    ['[{"label":"cat"}]', null],
    ['null', null],
  ])('in %s is %s', (text, label) => {
    expect(labelInJson(text)).toBe(label);
  });

  it('in what is no JSON is none', () => {
    expect(() => labelInJson('cat')).toThrow(SyntaxError);
  });
});
