import { FanfleetError } from '../errors.ts';

/** A line of the configuration that is to be another one. */
export interface Change {
  /** From 1, in the new text. */
  readonly line: number;
  /** Null where the line is new. */
  readonly before: string | null;
  readonly after: string;
}

export interface Changed {
  readonly text: string;
  /** Empty where all is so already. */
  readonly changes: readonly Change[];
}

const BLOCK = 'params';
const LOCAL = 'local';
const DEFAULT = 'default';

/**
 * Set parameters of the stack in the text of a serverless.yml: for the stage `local` in its own block, since what is measured
 * offline is of no use elsewhere; for another one where it has that parameter itself, else in the defaults of all.
 *
 * It is the text that is edited, line by line, and not a parsed document that is written anew: comments, order and quotes stay
 * as people wrote them, and the difference is what they see.
 *
 * @throws FanfleetError `CONFIG_UNEXPECTED` where there is no such block, or the parameter has no plain value on its line
 */
export function withParams(text: string, stage: string, params: Readonly<Record<string, number>>): Changed {
  const lines = text.split('\n');
  const changes: Change[] = [];
  for (const [name, value] of Object.entries(params)) {
    const own = sectionOf(lines, stage);
    const inOwn = own !== null && lineOf(lines, own, name) !== null;
    const section = stage === LOCAL || inOwn ? own : sectionOf(lines, DEFAULT);
    if (section === null) throw unexpected(`\`${BLOCK}.${stage === LOCAL ? LOCAL : DEFAULT}\``);
    const at = lineOf(lines, section, name);
    if (at === null) {
      const after = `    ${name}: ${value}`;
      lines.splice(section.end, 0, after);
      changes.push({ line: section.end + 1, before: null, after });
      continue;
    }
    const before = lines[at] ?? '';
    const [, head, old, tail] = /^( {4}[\w'"]+: *)([^\s#{[&*!|>][^#]*?)(\s*(?:#.*)?)$/.exec(before) ?? [];
    if (head === undefined || old === undefined) throw unexpected(`a plain value of \`${name}\``);
    if (old === String(value)) continue;
    const after = `${head}${value}${tail ?? ''}`;
    lines[at] = after;
    changes.push({ line: at + 1, before, after });
  }
  return { text: lines.join('\n'), changes };
}

/** The changes as `diff -u` would show them, without what is around them. */
export function renderChanges(file: string, changes: readonly Change[]): string {
  return [
    `--- ${file}`,
    `+++ ${file}`,
    ...changes.flatMap(({ line, before, after }) => [
      `@@ line ${line} @@`,
      ...(before === null ? [] : [`-${before}`]),
      `+${after}`,
    ]),
  ].join('\n');
}

/** Lines of a block: from `start` to before `end`, which are indices. */
interface Section {
  readonly start: number;
  readonly end: number;
}

function sectionOf(lines: readonly string[], stage: string): Section | null {
  const block = lines.findIndex((line) => new RegExp(`^${BLOCK}:\\s*$`).test(line));
  if (block < 0) return null;
  const all = { start: block + 1, end: endOf(lines, block + 1, 2) };
  const title = lines.findIndex(
    (line, i) => i >= all.start && i < all.end && line.trimEnd() === `  ${stage}:`,
  );
  return title < 0 ? null : { start: title + 1, end: endOf(lines, title + 1, 4) };
}

/** Behind the last line that is indented by at least so much; empty lines behind it are not part of it. */
function endOf(lines: readonly string[], start: number, indent: number): number {
  let end = start;
  for (let i = start; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    if (line.trim() === '') continue;
    if (!line.startsWith(' '.repeat(indent))) break;
    end = i + 1;
  }
  return end;
}

function lineOf(lines: readonly string[], { start, end }: Section, name: string): number | null {
  const found = lines.findIndex((line, i) => i >= start && i < end && line.startsWith(`    ${name}:`));
  return found < 0 ? null : found;
}

function unexpected(what: string): FanfleetError {
  return new FanfleetError(
    'CONFIG_UNEXPECTED',
    `Expected ${what} in the configuration of the stack but found none: write the values into it by hand.`,
    { source: 'user' },
  );
}
