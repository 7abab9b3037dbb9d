import type { ObjectSink } from '../aws/object-writer.ts';
import type { Arm } from '../contract/arm.ts';
import { layout } from '../contract/layout.ts';
import type { Batch } from '../contract/manifest.ts';
import type { NormalisedFormat } from '../contract/normalisation.ts';
import { CONTENT_TYPES, isKeyTooLong } from '../contract/normalised-file.ts';
import { failedRow, type Row } from '../contract/row.ts';

/** The files of a batch's normalised images, written under the folder of the arm. */
export class NormalisedFiles {
  readonly #store: ObjectSink;
  readonly #arm: Arm;
  readonly #job: { readonly runId: string; readonly round: number };
  readonly #format: NormalisedFormat;
  /** Of all files so far. */
  bytes = 0;

  constructor(store: ObjectSink, arm: Arm, job: { runId: string; round: number }, format: NormalisedFormat) {
    this.#store = store;
    this.#arm = arm;
    this.#job = job;
    this.#format = format;
  }

  /** Write the file of an image; written again, it gets the same key. */
  readonly write = async (key: string, file: Buffer): Promise<void> => {
    const { runId, round } = this.#job;
    const target = layout.normalised(runId, this.#arm, round, key, this.#format);
    await this.#store.put(target, file, CONTENT_TYPES[this.#format]);
    this.bytes += file.length;
  };
}

/** The batch without the images whose files could have no key. */
export function withoutLongKeys(batch: Batch): Batch {
  return { ...batch, objects: batch.objects.filter(({ key }) => !isKeyTooLong(key)) };
}

/** The rows of all images of a batch, from those of the images that were done. */
export function withRefusedRows(batch: Batch, rows: readonly Row[]): readonly Row[] {
  const all = [...rows];
  for (const [index, { key }] of batch.objects.entries()) {
    if (isKeyTooLong(key)) all.splice(index, 0, failedRow(key, 'OUTPUT_KEY_TOO_LONG'));
  }
  return all;
}
