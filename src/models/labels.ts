import { isObject } from '../fields.ts';
import { invalidInput } from '../invalid-input.ts';
import { readJson } from './read-json.ts';

/** Most classes of a model. */
export const MOST_CLASSES = 100_000;
/** Most letters of a label, as of those that images have. */
const MOST_LETTERS = 200;

/**
 * The names of the classes of a model, in the order of its output: a text with one a line, the JSON of a list, or of an object of
 * their indices, `{"0": "cat", …}`. Classes may have the same name, as two of ImageNet have; lines at the end may be empty.
 *
 * @param where the file, for errors
 * @throws FanfleetError `INVALID_INPUT`
 */
export function readLabels(text: string, where: string): readonly string[] {
  const plain = text.replace(/^\ufeff/, '');
  const labels = /^\s*[[{]/.test(plain) ? fromJson(readJson(plain, where), where) : fromLines(plain);
  if (labels.length === 0) throw unusable(where, 'Expected a label of each class but found none.');
  if (labels.length > MOST_CLASSES) {
    throw unusable(where, `Expected at most ${MOST_CLASSES} labels but found ${labels.length}.`);
  }
  for (const [index, label] of labels.entries()) {
    if (label === '') throw unusable(where, `Expected a label of class ${index} but it is empty.`);
    if (label.length <= MOST_LETTERS) continue;
    const found = `${label.length} letters of that of class ${index}`;
    throw unusable(where, `Expected a label of at most ${MOST_LETTERS} letters but found ${found}.`);
  }
  return labels;
}

/** The labels of so many classes for which there are no names: their indices. */
export function numberedLabels(classes: number): readonly string[] {
  return Array.from({ length: classes }, (_, index) => String(index));
}

function fromLines(text: string): readonly string[] {
  const lines = text.trimEnd();
  return lines === '' ? [] : lines.split('\n').map((line) => line.trim());
}

function fromJson(value: unknown, where: string): readonly string[] {
  const list = isObject(value) ? inOrder(value, where) : value;
  if (Array.isArray(list) && list.every((each) => typeof each === 'string')) {
    return list.map((label) => label.trim());
  }
  throw unusable(where, 'Expected a list of texts, or an object of indices and texts, {"0": "cat", …}.');
}

function inOrder(value: Readonly<Record<string, unknown>>, where: string): readonly unknown[] {
  const count = Object.keys(value).length;
  return Array.from({ length: count }, (_, index) => {
    const label = value[index];
    if (label !== undefined) return label;
    const range = `each index from 0 to ${count - 1}`;
    throw unusable(where, `Expected a label of ${range}, as there are ${count}, but ${index} has none.`);
  });
}

function unusable(where: string, problem: string) {
  return invalidInput(where, [problem]);
}
