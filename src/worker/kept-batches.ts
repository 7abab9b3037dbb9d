import type { LeftImages } from '../contract/one-kernel.ts';
import type { Loaded } from '../workloads/workload.ts';

/** A batch as it was loaded, and what its span tells of its images. */
export interface KeptBatch {
  readonly loaded: Loaded;
  readonly droppedBits: number;
  readonly left: LeftImages;
}

/** Which batch: of a round of a run. */
export interface BatchOfRound {
  readonly runId: string;
  readonly round: number;
  readonly batch: { readonly batch: number };
}

interface Entry {
  readonly kept: KeptBatch;
  readonly of: string;
  readonly bytes: number;
  /** In which it was wanted last. */
  stage: number;
}

/** What a row takes beside its key, about. */
const ROW_BYTES = 200;

/**
 * The batches that a process keeps from one stage of a run to the next, up to so many bytes.
 *
 * Where a new one finds no room, those of other runs and rounds go, the oldest first, and then those that neither this stage
 * nor the one before wanted. All others stay and the new one is not kept: stages do the same batches in the same order, so that to
 * drop the one that was not wanted for longest would drop each shortly before it is wanted again.
 */
export class KeptBatches {
  readonly #mostBytes: number;
  /** The one that was wanted last at the end. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Of all that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param stage that wants it */
  get(place: BatchOfRound, stage: number): KeptBatch | undefined {
    const name = nameOf(place);
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    entry.stage = stage;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry.kept;
  }

  /** Keep a batch in the place of what is kept of it, if there is room. */
  put(place: BatchOfRound, stage: number, kept: KeptBatch): void {
    const name = nameOf(place);
    this.#drop(name);
    const bytes = bytesOf(kept);
    if (bytes > this.#mostBytes) return;
    const of = roundOf(place);
    for (const isOld of [(one: Entry) => one.of !== of, (one: Entry) => one.stage < stage - 1]) {
      for (const [other, entry] of this.#entries) {
        if (this.#bytes + bytes <= this.#mostBytes) break;
        if (isOld(entry)) this.#drop(other);
      }
    }
    if (this.#bytes + bytes > this.#mostBytes) return;
    this.#entries.set(name, { kept, of, bytes, stage });
    this.#bytes += bytes;
  }

  /** Keep none any more: who comes next wants the memory, and none of them. */
  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #drop(name: string): void {
    this.#bytes -= this.#entries.get(name)?.bytes ?? 0;
    this.#entries.delete(name);
  }
}

function roundOf({ runId, round }: BatchOfRound): string {
  return `${runId}/${round}`;
}

function nameOf(place: BatchOfRound): string {
  return `${roundOf(place)}/${place.batch.batch}`;
}

/** With the places of images that failed, if their memory is there. */
function bytesOf({ loaded: { rows, pixels } }: KeptBatch): number {
  return rows.reduce((sum, { key }) => sum + ROW_BYTES + 2 * key.length, pixels.buffer.byteLength);
}
