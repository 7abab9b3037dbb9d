import type { Batch, DatasetObject } from '../dataset/manifest.ts';
import type { ImageTask } from '../kernel/image-task.ts';
import { EMPTY_PART, type ImagePart, mergeParts, partOf } from './part.ts';
import type { ProblemLog } from './problems.ts';
import { checkRow } from './row-check.ts';

/**
 * Add up the rows of one batch, and log whatever is not exactly one sound row per key of the batch, in order.
 * A key counts once, by its first row; a row of no key of this batch does not count.
 *
 * @param body the result file: one row per line, each ended by a line feed
 */
export function checkBatch(batch: Batch, body: Buffer, task: ImageTask, log: ProblemLog): ImagePart {
  const expected = new Map(batch.objects.map((object, index) => [object.key, { object, index }]));
  const seen = new Set<string>();
  let part = EMPTY_PART;
  let last = -1;
  for (const [number, text] of linesOf(body, batch, log).entries()) {
    const checked = checkRow(text, task);
    if (checked.row === undefined) {
      log.add(
        checked.problem,
        `batch ${batch.batch}, line ${number + 1}: ${checked.why}: ${text.slice(0, 200)}`,
      );
      // A row whose figures are wrong is not lost as well.
      if (checked.key !== null) seen.add(checked.key);
      continue;
    }
    const { row } = checked;
    const place = expected.get(row.key);
    if (place === undefined) {
      log.add('KEY_FOREIGN', row.key);
    } else if (seen.has(row.key)) {
      log.add('KEY_DOUBLED', row.key);
    } else {
      seen.add(row.key);
      if (place.index < last) log.add('KEY_OUT_OF_ORDER', row.key);
      last = Math.max(last, place.index);
      part = mergeParts(part, partOf(row, place.object.size));
    }
  }
  logLost(batch.objects, seen, log);
  return part;
}

/** Log every key of a batch that has no row. */
export function logLost(objects: readonly DatasetObject[], seen: ReadonlySet<string>, log: ProblemLog): void {
  if (objects.length === seen.size) return;
  for (const { key } of objects) if (!seen.has(key)) log.add('KEY_LOST', key);
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
