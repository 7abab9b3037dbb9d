import { printable } from '../format.ts';

/** Text that Markdown and the HTML inside it take for nothing but text. */
export function text(value: string): string {
  return printable(value)
    .replace(/[\\`*_[\]|~#]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '&#64;');
}

/** Text as code, fenced by more backticks than it has in a row. */
export function asCode(value: string): string {
  const shown = printable(value).replaceAll('|', '\\|');
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${shown}${fence}` : `${fence} ${shown} ${fence}`;
}

/** Lines that are shown when one asks for them, with an empty one behind. */
export function folded(title: string, lines: readonly string[]): string[] {
  return [`<details><summary>${title}</summary>`, '', ...lines, '', '</details>', ''];
}
