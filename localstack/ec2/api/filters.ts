import { Ec2Error } from './ec2-error.ts';

/** A filter of a Describe call: an item passes if any of the values matches any of its own. */
export interface Filter {
  Name: string;
  Value: readonly string[];
}

/** The names that can be filtered by, and the values an item has for each. */
export type FilterFields<T> = Readonly<Record<string, (item: T) => readonly (string | undefined)[]>>;

/**
 * The items that pass all filters. Besides the given fields, `tag:<key>`, `tag-key` and `tag-value` are known
 * where items have tags.
 *
 * @throws Ec2Error `InvalidParameterValue` for a filter that is not known
 */
export function applyFilters<T>(
  items: readonly T[],
  filters: readonly Filter[],
  fields: FilterFields<T>,
  tagsOf?: (item: T) => ReadonlyMap<string, string>,
): T[] {
  const tests = filters.map(({ Name, Value }) => {
    const valuesOf = field(Name, fields, tagsOf);
    return (item: T) =>
      valuesOf(item).some((value) => value !== undefined && Value.some((pattern) => matches(pattern, value)));
  });
  return items.filter((item) => tests.every((test) => test(item)));
}

function field<T>(
  name: string,
  fields: FilterFields<T>,
  tagsOf: ((item: T) => ReadonlyMap<string, string>) | undefined,
): (item: T) => readonly (string | undefined)[] {
  if (tagsOf !== undefined) {
    if (name.startsWith('tag:')) return (item) => [tagsOf(item).get(name.slice('tag:'.length))];
    if (name === 'tag-key') return (item) => [...tagsOf(item).keys()];
    if (name === 'tag-value') return (item) => [...tagsOf(item).values()];
  }
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (known === undefined) throw new Ec2Error('InvalidParameterValue', `The filter '${name}' is invalid`);
  return known;
}

/**
 * EC2's wildcards: `*` for any text, `?` for one character, a backslash before a character taken as it is.
 * Goes back to the last `*` only, so that no pattern takes more than length(pattern) x length(text) steps.
 */
export function matches(pattern: string, text: string): boolean {
  const parts = [...pattern.matchAll(/\\([\s\S])|([\s\S])/gu)].map(([whole, escaped]) => ({
    literal: escaped ?? whole,
    wild: escaped === undefined && (whole === '*' || whole === '?'),
  }));
  const characters = [...text];
  let part = 0;
  let position = 0;
  let star = -1;
  let resume = 0;
  while (position < characters.length) {
    const current = parts[part];
    if (current?.wild && current.literal === '*') {
      star = part;
      resume = position;
      part += 1;
    } else if (current !== undefined && (current.wild || current.literal === characters[position])) {
      part += 1;
      position += 1;
    } else if (star >= 0) {
      resume += 1;
      position = resume;
      part = star + 1;
    } else {
      return false;
    }
  }
  return parts.slice(part).every(({ wild, literal }) => wild && literal === '*');
}
