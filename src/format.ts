/** Shown where a figure is not known. */
export const UNKNOWN = '–';

/** A duration: `830 ms`, `12.3 s`, `3 min 05 s`, `2 h 04 min`. */
export function duration(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (ms < 119_950) return `${(ms / 1000).toFixed(1)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${count(Math.floor(minutes / 60))} h ${pad(minutes % 60)} min`;
}

/** Seconds with all three decimals, so that one sees that phases add up. */
export function seconds(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  const text = (ms / 1000).toLocaleString('en-US', { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  return `${text} s`;
}

/** US dollars: `$12.30` from a dollar on, else three digits that mean something: `$0.000123`. */
export function usd(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value === 0) return '$0';
  if (value >= 0.995) return `$${decimals(value, 2)}`;
  return `$${decimals(value, Math.min(12, 2 - Math.floor(Math.log10(value))))}`;
}

/** A large number of things in words, as on an axis: `10,000`, `1 million`, `2.5 billion`. */
export function amount(value: number): string {
  if (value < 1e6) return count(value);
  const [name, size] = value < 1e9 ? ['million', 1e6] : ['billion', 1e9];
  return `${Number((value / Number(size)).toPrecision(3)).toLocaleString('en-US')} ${name}`;
}

/** A whole number with thousands apart: `1,234`. */
export function count(value: number | null): string {
  return value === null ? UNKNOWN : value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** A figure with at least three digits that mean something: `1,234`, `86.3`, `0.0421`. */
export function figure(value: number | null, unit = ''): string {
  if (value === null) return UNKNOWN;
  const digits = value >= 1000 || value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(value)));
  return `${decimals(value, digits)}${unit}`;
}

function decimals(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function ratio(value: number | null): string {
  return value === null ? UNKNOWN : `${value.toFixed(2)}x`;
}

export function percent(part: number | null): string {
  return part === null ? UNKNOWN : `${(100 * part).toFixed(1)} %`;
}

/** Bytes in powers of 1,000, as disks and S3 are sold: `12.3 MB`. */
export function bytes(value: number | null): string {
  if (value === null) return UNKNOWN;
  for (const [unit, size] of [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (value >= size) return figure(value / size, ` ${unit}`);
  }
  return `${value} B`;
}

/** Bytes in powers of 1,024, as memory is sold: `512 MiB`. */
export function memory(value: number | null): string {
  if (value === null || value === 0) return UNKNOWN;
  return value >= 2 ** 30 ? figure(value / 2 ** 30, ' GiB') : figure(value / 2 ** 20, ' MiB');
}

export function instant(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function shortDigest(digest: string | null): string {
  return digest === null ? UNKNOWN : digest.slice(0, 12);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Items by the name that they have in a workload: `1,000 images`. */
export function itemCount(value: number, unit: { readonly one: string; readonly many: string }): string {
  return plural(value, unit.one, unit.many);
}

/**
 * Text from outside, made safe to look at: control characters and those that turn the reading direction become
 * `\u{…}`, since a key may hold any of them and a terminal obeys them.
 */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(
      /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu,
      (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
    );
}

/** The same of a text of several lines, which stay lines. */
export function printableLines(text: string): string {
  return text.replace(/[^\n\t]+/g, printable);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** With a capital at its beginning. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
