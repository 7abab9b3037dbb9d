/** In the standard (ECMA-262, `JSON.rawJSON`) and in Node 22, but not yet in TypeScript's library. */
const { rawJSON } = JSON as typeof JSON & { readonly rawJSON: (text: string) => object };

/** The source of a number is given to a reviver by the same part of the standard. */
type Reviver = (name: string, value: unknown, context: { readonly source?: string }) => unknown;

/** `JSON.parse` that reads an integer beyond 2^53 as a BigInt. */
export function parseExactJson(text: string): unknown {
  const exact: Reviver = (_, value, { source = '' }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value;
  return JSON.parse(text, exact as (name: string, value: unknown) => unknown);
}

/** `JSON.stringify` that writes a BigInt as the number that it is. */
export function exactJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_, part: unknown) => (typeof part === 'bigint' ? rawJSON(String(part)) : part),
    indent,
  );
}
