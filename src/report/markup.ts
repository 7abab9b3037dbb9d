import { printable } from '../format.ts';

/** Markup that is safe as it stands. Only `html` makes it, so that nothing gets into the page unescaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Fragment = Markup | string | number | null | readonly Fragment[];

/** A template whose values are escaped, unless they are markup themselves; lists are joined and null is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Fragment[]): Markup {
  return new Markup(strings.reduce((text, part, i) => text + toText(values[i - 1] ?? null) + part));
}

function toText(value: Fragment): string {
  if (value === null) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(toText).join('');
  return escapeText(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that is safe between tags and inside quoted attributes, and shows what it is. */
export function escapeText(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** What stands between backticks, as code. */
export function withCode(text: string): Fragment {
  return text.split(/(`[^`]+`)/).map((part, i) => (i % 2 === 0 ? part : code(part.slice(1, -1))));
}

/** A command, or a part of one. An option is never cut at its hyphens, where it would read as another one. */
export function code(text: string): Markup {
  const parts = text.split(/(--[a-z][a-z-]*)/);
  return html`<code>${parts.map((part, i) => (i % 2 === 0 ? part : html`<span class="whole">${part}</span>`))}</code>`;
}
