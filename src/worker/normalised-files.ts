import type { ObjectSink } from '../aws/object-writer.ts';
import type { Arm } from '../contract/arm.ts';
import { layout } from '../contract/layout.ts';
import type { Batch, DatasetObject } from '../contract/manifest.ts';
import type { NormalisedFormat } from '../contract/normalisation.ts';
import { CONTENT_TYPES, isKeyTooLong } from '../contract/normalised-file.ts';

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

/** The batch, with the images refused whose files could have no key. */
export function withoutLongKeys(batch: Batch): Batch {
  const objects = batch.objects.map(
    (object): DatasetObject =>
      isKeyTooLong(object.key) ? { ...object, refused: 'OUTPUT_KEY_TOO_LONG' } : object,
  );
  return { ...batch, objects };
}
