import type { Batch, DatasetObject } from '../contract/manifest.ts';
import { isFailed } from '../contract/row.ts';
import type { ProblemLog } from '../workloads/problems.ts';
import type { Answer } from '../workloads/workload.ts';
import { EMPTY_PART, type ImagePart, mergeParts, partOf } from './part.ts';

/**
 * Add up the rows of one batch, and log whatever is not exactly one sound row per key of the batch, in order.
 * A key counts once, by its first row; a row of no key of this batch does not count.
 *
 * @param body the result file: one row per line, each ended by a line feed
 * @param answer gets each sound row of an item that could be done
 */
export function checkBatch(
  batch: Batch,
  body: Buffer,
  answer: Pick<Answer<unknown>, 'check' | 'add'>,
  log: ProblemLog,
): ImagePart {
  const { objects } = batch;
  const places = new Places(objects);
  const seen = new Uint8Array(objects.length);
  let part = EMPTY_PART;
  let last = -1;
  for (const [number, text] of linesOf(body, batch, log).entries()) {
    const checked = answer.check(text);
    if (checked.row === undefined) {
      log.add(
        checked.problem,
        `batch ${batch.batch}, line ${number + 1}: ${checked.why}: ${text.slice(0, 200)}`,
      );
      // A row whose figures are wrong is not lost as well.
      const place = checked.key === null ? undefined : places.of(checked.key, last + 1);
      if (place !== undefined) seen[place] = 1;
      continue;
    }
    const { row } = checked;
    const place = places.of(row.key, last + 1);
    if (place === undefined) {
      log.add('KEY_FOREIGN', row.key);
    } else if (seen[place] === 1) {
      log.add('KEY_DOUBLED', row.key);
    } else {
      seen[place] = 1;
      if (place < last) log.add('KEY_OUT_OF_ORDER', row.key);
      last = Math.max(last, place);
      if (!isFailed(row)) answer.add(row);
      part = mergeParts(part, partOf(row, objects[place]?.size ?? 0));
    }
  }
  for (const [place, { key }] of objects.entries()) if (seen[place] === 0) log.add('KEY_LOST', key);
  return part;
}

/** Log that no key of a batch has a row. */
export function logAllLost(objects: readonly DatasetObject[], log: ProblemLog): void {
  for (const { key } of objects) log.add('KEY_LOST', key);
}

/** Where keys stand in a batch. */
class Places {
  readonly #objects: readonly DatasetObject[];
  #byKey: Map<string, number> | undefined;

  constructor(objects: readonly DatasetObject[]) {
    this.#objects = objects;
  }

  /** @param likely where a sound row would stand: only others are looked up */
  of(key: string, likely: number): number | undefined {
    if (this.#objects[likely]?.key === key) return likely;
    this.#byKey ??= new Map(this.#objects.map((object, place) => [object.key, place]));
    return this.#byKey.get(key);
  }
}

function linesOf(body: Buffer, batch: Batch, log: ProblemLog): string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    log.add('ROW_MALFORMED', `batch ${batch.batch}: not UTF-8`);
    return [];
  }
  if (!text.endsWith('\n')) {
    log.add('ROW_MALFORMED', `batch ${batch.batch}: the last line does not end, the file is cut off`);
    return text === '' ? [] : text.split('\n');
  }
  return text.slice(0, -1).split('\n');
}
