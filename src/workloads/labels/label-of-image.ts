/** Most letters of a label: each row has one, and the report some. */
export const MOST_LETTERS = 200;

/** The name of the folder that an image lies in, if that is one below the prefix: the prefix itself says nothing of it. */
export function folderLabel(key: string, prefix: string): string | null {
  const base = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const folder = (key.startsWith(base) ? key.slice(base.length) : key).split('/').at(-2);
  return folder === undefined || folder === '.' ? null : usable(folder);
}

/** What stands between the last `-` of a file's name and its suffix: of `digits/0042-7.png` the `7`. */
export function nameLabel(key: string): string | null {
  const name = withoutSuffix(key.slice(key.lastIndexOf('/') + 1));
  const dash = name.lastIndexOf('-');
  return dash < 0 ? null : usable(name.slice(dash + 1));
}

/** The key of the JSON beside an image: the same name with the suffix `.json`. */
export function jsonKey(key: string): string {
  const name = key.lastIndexOf('/') + 1;
  return `${key.slice(0, name)}${withoutSuffix(key.slice(name))}.json`;
}

/**
 * The field `label` of the JSON beside an image, as text; null where it has none.
 *
 * @throws SyntaxError where it is no JSON
 */
export function labelInJson(text: string): string | null {
  const value: unknown = JSON.parse(text);
  const label = typeof value === 'object' && value !== null && 'label' in value ? value.label : undefined;
  if (typeof label === 'string') return usable(label);
  return Number.isSafeInteger(label) ? String(label) : null;
}

function usable(label: string): string | null {
  return label === '' || label.length > MOST_LETTERS ? null : label;
}

function withoutSuffix(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? name : name.slice(0, dot);
}
