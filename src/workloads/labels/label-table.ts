import { FanfleetError } from '../../errors.ts';
import { MOST_LETTERS } from './label-of-image.ts';

/**
 * The labels of keys, from a CSV with a header (RFC 4180, UTF-8): by the columns `key` and `label`, in any order and among others.
 * Keys without a label are left out.
 *
 * @param where the file, for errors
 * @throws FanfleetError `INVALID_INPUT` that names the line
 */
export function readLabelTable(text: string, where: string): Map<string, string> {
  const records = readCsv(text.replace(/^\ufeff/, ''), where);
  const header = records.next();
  const names = header.done ? [] : header.value.fields;
  const [keyAt, labelAt] = [names.indexOf('key'), names.indexOf('label')];
  if (keyAt < 0 || labelAt < 0) {
    const found = names.map((name) => JSON.stringify(name.slice(0, 40))).join(', ') || 'nothing';
    throw unusable(where, 1, `expected a header with the columns \`key\` and \`label\` but found ${found}`);
  }
  const labels = new Map<string, string>();
  for (const { fields, line } of records) {
    const [key = '', label = ''] = [fields[keyAt], fields[labelAt]];
    if (fields.length !== names.length) {
      throw unusable(where, line, `expected ${names.length} fields but found ${fields.length}`);
    }
    if (label === '') continue;
    if (label.length > MOST_LETTERS) {
      throw unusable(
        where,
        line,
        `expected a label of at most ${MOST_LETTERS} letters but found ${label.length}`,
      );
    }
    const other = labels.get(key);
    if (other !== undefined && other !== label) {
      throw unusable(where, line, `expected one label of ${key} but found ${label} after ${other}`);
    }
    labels.set(key, label);
  }
  return labels;
}

interface CsvRecord {
  readonly fields: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
}

/** A field: in quotes, which are doubled within, or without any; and what ends it. */
const FIELD = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** Empty lines are left out. */
function* readCsv(text: string, where: string): Generator<CsvRecord> {
  let line = 1;
  let begun = 1;
  let fields: string[] = [];
  for (let at = 0; at < text.length || fields.length > 0; ) {
    FIELD.lastIndex = at;
    const found = FIELD.exec(text);
    if (found === null) throw unusable(where, line, 'expected a field, with all quotes in pairs');
    const [whole, quoted, plain = '', end] = found;
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    at += whole.length;
    line += whole.split('\n').length - 1;
    if (end === ',') continue;
    if (fields.length > 1 || fields[0] !== '') yield { fields, line: begun };
    [fields, begun] = [[], line];
  }
}

function unusable(where: string, line: number, why: string): FanfleetError {
  const message = `The labels in ${where} cannot be used. Line ${line}: ${why}.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
