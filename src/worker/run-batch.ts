import type { ObjectReader } from '../aws/object-reader.ts';
import type { ReadRequest } from '../aws/object-response.ts';
import { ByteBudget } from '../concurrency/byte-budget.ts';
import { freeBuffer } from '../concurrency/free-buffer.ts';
import { settleAll } from '../concurrency/settle-all.ts';
import type { Batch, DatasetObject } from '../contract/manifest.ts';
import { addLeft, type LeftImages } from '../contract/one-kernel.ts';
import { failedRow, isFailed, type Row } from '../contract/row.ts';
import { cutIntoReads, memberOf, type Read, readable, SLICE_BYTES } from '../dataset/reads.ts';
import { isFileTooLarge } from '../kernel/image-memory.ts';
import type { Kernel, Normalised } from '../kernel/kernel.ts';
import { BusyClock } from '../timing/busy-clock.ts';
import type { BatchFile, Inputs, Runner } from '../workloads/workload.ts';
import { DecodeQueue } from './decode-queue.ts';
import { readOrBlame } from './read-or-blame.ts';

export interface RunBatchOptions {
  readonly reader: ObjectReader;
  readonly bucket: string;
  /** Whether its requests are the requester's to pay. @default its owner's */
  readonly requesterPays?: boolean;
  readonly batch: Batch;
  readonly runner: Runner;
  /** Those that the runner needs. @default none */
  readonly inputs?: Inputs;
  readonly kernel: Kernel;
  /** Most GETs (and as many writes), and most decodes (of one image, or of many small ones), at once. */
  readonly fetches: number;
  readonly decodes: number;
  /** Most bytes of what was fetched, and of what decoding takes with the outputs not yet written, at once. */
  readonly encodedBytes: number;
  readonly decodedBytes: number;
  /** Most bytes that one image may take; what would take more is a row with its error. */
  readonly imageBytes: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Told what a library said of an image that it could not decode. */
  readonly onFailure?: (key: string, detail: string) => void;
  /** Takes the normalised image of a key. @default they are dropped */
  readonly write?: (key: string, file: Buffer) => Promise<void>;
  /** Once it is aborted nothing more is begun. @default it is done to its end */
  readonly signal?: AbortSignal;
}

/** The rows of a batch in key order, and where the time went, in milliseconds. */
export interface BatchDone {
  readonly rows: readonly Row[];
  /** Those of the whole batch beside its rows. */
  readonly files: readonly BatchFile[];
  /** Summed over GETs, and over images. */
  readonly getMs: number;
  readonly decodeMs: number;
  readonly computeMs: number;
  /** Wall time: while images were decoded; else while they were only fetched; else while they were only written. */
  readonly processMs: number;
  readonly loadMs: number;
  readonly writeMs: number;
  /** Of images: not what lies between those of a tar. */
  readonly bytes: number;
  readonly errors: number;
  /** Images of 16 bits, of which the rows know 8. */
  readonly droppedBits: number;
  /** Images that the kernel left to another one. */
  readonly left: LeftImages;
  /** GETs that it took, of objects and of slices of tars. */
  readonly gets: number;
  /** So many images a model could have at a time, where memory did not suffice for as many as it was to have. */
  readonly modelBatch?: number;
}

/**
 * Do every image of a batch. Fetching runs ahead of decoding, and decoding ahead of writing, as far as the byte budgets
 * let it, so that the network and the cores work at the same time and memory does not depend on the size of the images.
 * An object that the plan refused, or that is too large for any image in it, is a row with its error, and nothing is
 * asked of S3.
 *
 * @throws FanfleetError when S3 fails for reasons that concern more than one object, or the reason of the signal; the batch
 * is then undone
 */
export async function runBatch(options: RunBatchOptions): Promise<BatchDone> {
  const { bucket, requesterPays = false, reader, now } = options;
  const place = { bucket, requesterPays };
  const { inputs = new Map() } = options;
  const runner = await options.runner.begin(options.kernel, options.imageBytes, inputs, options.decodes);
  const planned = options.batch.objects.map((object) => withSizeChecked(object, options.imageBytes));
  const objects = readable(planned);
  const encoded = new ByteBudget(options.encodedBytes);
  const fetching = new ByteBudget(options.fetches);
  const writing = new ByteBudget(options.fetches);
  const abort = new AbortController();
  // Asked and not listened to: the signal of a job outlives its batches, and would keep what listens.
  const throwIfUnwanted = () => {
    abort.signal.throwIfAborted();
    options.signal?.throwIfAborted();
  };
  const started = now();
  const processing = new BusyClock(now);
  const beforeWriting = new BusyClock(now);
  const queue = new DecodeQueue({
    decode: (images) => {
      throwIfUnwanted();
      return beforeWriting.during(() => processing.during(() => runner.run(images)));
    },
    grouped: runner.isGrouped,
    ...(runner.groupImages !== undefined && { groupImages: runner.groupImages }),
    decodes: options.decodes,
    workingBytes: options.decodedBytes,
  });
  const measured = new Array<Row>(objects.length);
  const total = { getMs: 0, decodeMs: 0, computeMs: 0, bytes: 0, droppedBits: 0 };
  let left: LeftImages = {};

  const reads = cutIntoReads(objects, Math.min(SLICE_BYTES, options.encodedBytes / 4)).map((read) => ({
    ...place,
    ...read,
  }));

  const get = async (read: Read & ReadRequest) => {
    throwIfUnwanted();
    const started = now();
    const got = await beforeWriting.during(() => readOrBlame(reader, read, reads, abort.signal));
    total.getMs += now() - started;
    return got;
  };

  const finish = async (key: string, done: Normalised) => {
    const { row, decodeMs, computeMs, droppedBits, leftTo, detail, file } = done;
    total.decodeMs += decodeMs;
    total.computeMs += computeMs;
    if (droppedBits) total.droppedBits += 1;
    if (leftTo !== undefined) left = addLeft(left, { [leftTo]: 1 });
    if (detail !== undefined) options.onFailure?.(key, detail);
    if (file !== undefined) await writing.with(1, async () => options.write?.(key, file));
    return row;
  };

  const measure = async (key: string, input: Buffer): Promise<Row> => {
    total.bytes += input.length;
    const prepared = runner.prepare(input, key);
    const workingBytes = runner.workingBytes(prepared);
    return queue.add({ prepared, inputBytes: input.length, workingBytes }, (done) => finish(key, done));
  };

  const measureRead = async (read: Read & ReadRequest): Promise<void> => {
    const got = await fetching.with(1, () => get(read));
    const members = objects.slice(read.first, read.first + read.count);
    await settleAll(
      members.map(async (object, index) => {
        measured[read.first + index] =
          'absent' in got
            ? failedRow(object.key, got.absent)
            : await measure(object.key, memberOf(read, object, got.bytes));
      }),
    );
    // Not where this was left by an error: a job that goes on may still read the bytes.
    if ('bytes' in got) freeBuffer(got.bytes);
  };

  await settleAll(
    reads.map((read) => encoded.with(read.size, () => measureRead(read))),
    (reason) => abort.abort(reason),
  );
  const processMs = processing.busyMs;
  const wallMs = now() - started;
  // Without writing, what is not processing is loading, however short the breaks.
  const writeMs = options.write === undefined ? 0 : wallMs - beforeWriting.busyMs;
  const loadMs = wallMs - processMs - writeMs;
  const rows = withPlannedErrors(planned, measured);
  const errors = rows.filter(isFailed).length;
  const done = rows.filter((row) => !isFailed(row)).map(({ key }) => key);
  const files = runner.batchFiles(options.batch.batch, done.length, done);
  const modelBatch = runner.modelBatch?.();
  return {
    ...{ rows, files, ...total, left, processMs, loadMs, writeMs, errors, gets: reads.length },
    ...(modelBatch !== undefined && { modelBatch }),
  };
}

/** The object, refused where it is too large, whatever is in it. */
function withSizeChecked(object: DatasetObject, imageBytes: number): DatasetObject {
  const { refused = isFileTooLarge(object.size, imageBytes) ? 'TOO_MUCH_MEMORY' : undefined } = object;
  return refused === undefined ? object : { ...object, refused };
}

/** The rows of all objects, from those of the objects that the plan did not refuse. */
function withPlannedErrors(objects: readonly DatasetObject[], measured: readonly Row[]): Row[] {
  const rows = [...measured];
  for (const [index, { key, refused }] of objects.entries()) {
    if (refused !== undefined) rows.splice(index, 0, failedRow(key, refused));
  }
  return rows;
}
