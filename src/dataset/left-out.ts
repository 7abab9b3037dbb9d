import type { LeftOut } from '../contract/plan.ts';
import { suffixOf } from './image-type.ts';

/** Suffixes that are counted: where every key has its own (`log.20261121T0301`), the count would grow without end. */
const SUFFIXES_KEPT = 100;
/** A longer one is no suffix but a part of the name. */
const LONGEST_SUFFIX = 24;
/** Suffixes that a text names. */
const SUFFIXES_NAMED = 5;
/** Characters of a name in a text. */
const LONGEST_EXAMPLE = 80;

/** Counts what was left out, by suffix: `.gz` of a tar is `.tar.gz`. */
export class LeftOutCount {
  readonly #bySuffix = new Map<string, LeftOut>();
  count = 0;

  add(name: string): void {
    this.#add({ suffix: leftOutSuffix(name), count: 1, example: name });
  }

  /** Add what another one has counted. */
  addAll(other: LeftOutCount): void {
    for (const leftOut of other.list()) this.#add(leftOut);
  }

  /** The most frequent first. */
  list(): LeftOut[] {
    return [...this.#bySuffix.values()].sort((a, b) => b.count - a.count || (a.suffix < b.suffix ? -1 : 1));
  }

  #add(more: LeftOut): void {
    this.count += more.count;
    const suffix = this.#bySuffix.has(more.suffix) || this.#bySuffix.size < SUFFIXES_KEPT ? more.suffix : '*';
    const { count, example } = this.#bySuffix.get(suffix) ?? { count: 0, example: more.example };
    this.#bySuffix.set(suffix, { suffix, count: count + more.count, example });
  }
}

/** `.txt (12), .json (3), no suffix (1)`; where there is one of a kind, it is named: `.tar.gz (1: shards/1.tar.gz)`. */
export function leftOutText(leftOut: readonly LeftOut[]): string {
  const named = leftOut.slice(0, SUFFIXES_NAMED).map(({ suffix, count, example }) => {
    const name = suffix === '' ? 'no suffix' : suffix === '*' ? 'others' : suffix;
    return count === 1 ? `${name} (1: ${shortened(example)})` : `${name} (${count.toLocaleString('en-US')})`;
  });
  const more = leftOut.length > SUFFIXES_NAMED ? ' and others' : '';
  return `${named.join(', ')}${more}`;
}

function leftOutSuffix(name: string): string {
  const suffix = /\.tar\.[^./]+$/i.exec(name)?.[0].toLowerCase() ?? suffixOf(name);
  return suffix.length > LONGEST_SUFFIX ? '' : suffix;
}

function shortened(name: string): string {
  const characters = [...name];
  return characters.length <= LONGEST_EXAMPLE ? name : `…${characters.slice(1 - LONGEST_EXAMPLE).join('')}`;
}
