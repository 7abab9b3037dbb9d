import { compareKeys } from '../order.ts';
import type { FoundFile } from './walk-folder.ts';

/** Files in the order of their keys, and where they begin. */
export type FileSource = {
  /** No key of the source comes before this one. */
  readonly from: string;
  readonly open: () => AsyncIterable<readonly FoundFile[]>;
};

/** A source that was opened, at its next file. */
type Head = {
  piece: readonly FoundFile[];
  at: number;
  readonly rest: AsyncIterator<readonly FoundFile[]>;
};

/**
 * The files of all sources in the order of their keys, a piece at a time. A source is opened when its first file may be
 * the next one, and not before.
 */
export async function* mergeFound(sources: readonly FileSource[]): AsyncGenerator<readonly FoundFile[]> {
  const waiting = sources.toSorted((a, b) => compareKeys(b.from, a.from));
  const heads: Head[] = [];
  for (;;) {
    heads.sort((a, b) => compareKeys(keyAt(a), keyAt(b)));
    const [first, second] = heads;
    const next = waiting.at(-1);
    if (next !== undefined && (first === undefined || compareKeys(next.from, keyAt(first)) <= 0)) {
      waiting.pop();
      const head: Head = { piece: [], at: 0, rest: next.open()[Symbol.asyncIterator]() };
      if (await advance(head)) heads.push(head);
      continue;
    }
    if (first === undefined) return;
    const bounds = [next?.from, second === undefined ? undefined : keyAt(second)];
    const end = endBefore(first, bounds);
    yield first.piece.slice(first.at, end);
    first.at = end;
    if (end === first.piece.length && !(await advance(first))) heads.shift();
  }
}

/** Get the next piece that has files; false where there is none. */
async function advance(head: Head): Promise<boolean> {
  for (;;) {
    const { done, value } = await head.rest.next();
    if (done) return false;
    if (value.length === 0) continue;
    head.piece = value;
    head.at = 0;
    return true;
  }
}

function keyAt({ piece, at }: Head): string {
  return piece[at]?.key ?? '';
}

/** How far the piece goes before the other sources come in, one file at least. */
function endBefore({ piece, at }: Head, bounds: readonly (string | undefined)[]): number {
  const comesFirst = (key: string) =>
    bounds.every((bound) => bound === undefined || compareKeys(key, bound) < 0);
  if (comesFirst(piece.at(-1)?.key ?? '')) return piece.length;
  let end = at + 1;
  while (end < piece.length && comesFirst(piece[end]?.key ?? '')) end += 1;
  return end;
}
