import type { BucketReader } from '../../../src/aws/bucket-reader.ts';
import type { Arm } from '../../../src/contract/arm.ts';
import { layout } from '../../../src/contract/layout.ts';
import type { Batch } from '../../../src/contract/manifest.ts';
import { OPERATION_STATISTICS, type Operation } from '../../../src/contract/operation.ts';
import { type MeasuredRow, type PerChannel, type Row, serializeRow } from '../../../src/contract/row.ts';
import type { Span } from '../../../src/contract/span.ts';
import { compareKeys } from '../../../src/dataset/order.ts';
import { FanfleetError } from '../../../src/errors.ts';

/** A bucket in memory that counts how many objects are being read at once. */
export class MemoryBucket implements BucketReader {
  readonly objects = new Map<string, Buffer>();
  readonly chunkBytes: number;
  reading = 0;
  mostReading = 0;

  constructor(chunkBytes = 65_536) {
    this.chunkBytes = chunkBytes;
  }

  put(key: string, body: string | Buffer): void {
    this.objects.set(key, Buffer.from(body));
  }

  async get(key: string): Promise<Buffer> {
    this.reading += 1;
    this.mostReading = Math.max(this.mostReading, this.reading);
    await new Promise((resolve) => setImmediate(resolve));
    this.reading -= 1;
    return this.#find(key);
  }

  async *stream(key: string): AsyncGenerator<Uint8Array> {
    const body = this.#find(key);
    for (let from = 0; from < body.length; from += this.chunkBytes) {
      yield body.subarray(from, from + this.chunkBytes);
    }
  }

  async *list(prefix: string): AsyncGenerator<{ key: string; size: number }> {
    for (const [key, body] of [...this.objects].sort(([a], [b]) => compareKeys(a, b))) {
      if (key.startsWith(prefix)) yield { key, size: body.length };
    }
  }

  #find(key: string): Buffer {
    const body = this.objects.get(key);
    if (body === undefined) throw new FanfleetError('OBJECT_NOT_FOUND', key, { source: 'aws' });
    return body;
  }
}

/** Numbers that look random and are the same in every run (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The row of an image whose pixels are half `low` and half `high` in each channel. */
export function rowOf(
  key: string,
  low: PerChannel,
  high: PerChannel,
  operation: Operation = 'stats',
): MeasuredRow {
  const [width, height] = [500, 376];
  const half = (width * height) / 2;
  const each = (join: (a: number, b: number) => number): PerChannel => [
    join(low[0], high[0]),
    join(low[1], high[1]),
    join(low[2], high[2]),
  ];
  const all = {
    sum: each((a, b) => half * (a + b)),
    sumSq: each((a, b) => half * (a * a + b * b)),
    min: low,
    max: high,
    mean_e6: each((a, b) => 500_000 * (a + b)),
  };
  const kept = Object.fromEntries(OPERATION_STATISTICS[operation].map((name) => [name, all[name]]));
  return { key, width, height, channels: 3, ...kept };
}

export function batchesOf(keys: readonly string[], size: number, bytes = 80_000): Batch[] {
  const sorted = [...keys].sort(compareKeys);
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, batch) => {
    const own = sorted.slice(batch * size, (batch + 1) * size);
    return {
      batch,
      bytes: own.length * bytes,
      objects: own.map((key) => ({ key, size: bytes, etag: 'e1' })),
    };
  });
}

export function putManifest(bucket: MemoryBucket, runId: string, batches: readonly Batch[]): void {
  const lines = batches.map((batch) => JSON.stringify(batch));
  bucket.put(layout.manifest(runId), `[\n${lines.join(',\n')}\n]\n`);
}

export function putRows(bucket: MemoryBucket, key: string, rows: readonly Row[]): void {
  bucket.put(key, rows.map((row) => `${serializeRow(row)}\n`).join(''));
}

export function spanOf(arm: Arm, batch: number, over: Partial<Span> = {}): Span {
  return {
    arm,
    round: 0,
    droppedBits: 0,
    left: {},
    worker: 'w1',
    kernel: 'native',
    batch,
    queuedAt: 0,
    startedAt: 1000,
    endedAt: 2000,
    coldStartMs: 0,
    listMs: 0,
    getMs: 300,
    decodeMs: 400,
    computeMs: 100,
    putMs: 50,
    loadMs: 250,
    processMs: 450,
    items: 10,
    bytes: 800_000,
    outputBytes: 0,
    errors: 0,
    cpuMs: 700,
    rssPeakBytes: 150_000_000,
    billedMs: 1000,
    clock: null,
    ...over,
  };
}

export interface SimulatedArm {
  readonly arm: Arm;
  readonly round: number;
  readonly workers: readonly string[];
  /** When the workers are there, epoch milliseconds. */
  readonly readyAt: number;
  readonly coldStartMs: number;
  readonly msPerItem: number;
  readonly seed: number;
  /** Of the batches, in turn. @default the native one */
  readonly kernels?: readonly string[] | undefined;
  /** Images of each batch that the kernel left to others. @default none */
  readonly left?: Record<string, number> | undefined;
}

/** Write the files of an arm whose workers take the next batch as soon as they are free; when the last one ended. */
export function putArm(
  bucket: MemoryBucket,
  runId: string,
  batches: readonly Batch[],
  rowFor: (key: string) => Row,
  simulated: SimulatedArm,
): number {
  const { arm, round, workers, readyAt, coldStartMs, msPerItem, seed } = simulated;
  const { kernels = ['native'], left = {} } = simulated;
  const next = random(seed);
  const free = workers.map((worker, i) => ({ worker, at: readyAt + coldStartMs + i * 35, fresh: true }));
  let last = readyAt;
  for (const { batch, bytes, objects } of batches) {
    const slot = free.reduce((first, other) => (other.at < first.at ? other : first));
    const rows = objects.map(({ key }) => rowFor(key));
    const startedAt = Math.round(slot.at + 4 + 12 * next());
    const wallMs = objects.length * msPerItem * (0.8 + 0.5 * next());
    putRows(bucket, layout.result(runId, arm, round, batch), rows);
    const span = spanOf(arm, batch, {
      round,
      worker: slot.worker,
      kernel: kernels[batch % kernels.length] ?? 'native',
      left,
      queuedAt: readyAt,
      startedAt,
      endedAt: Math.round(startedAt + wallMs),
      coldStartMs: slot.fresh ? coldStartMs : 0,
      getMs: Math.round(wallMs * 0.9),
      decodeMs: Math.round(wallMs * 1.5),
      computeMs: Math.round(wallMs * 0.25),
      putMs: 22,
      loadMs: Math.round(wallMs * 0.08),
      processMs: Math.round(wallMs * 0.85),
      items: objects.length,
      errors: rows.filter((row) => 'error' in row).length,
      bytes,
      outputBytes: 100_000 * rows.filter((row) => 'output' in row).length,
      cpuMs: Math.round(wallMs * 0.93),
      rssPeakBytes: Math.round(170e6 + 30e6 * next()),
      billedMs: Math.ceil(wallMs),
    });
    bucket.put(layout.span(runId, arm, round, batch), JSON.stringify(span));
    slot.at = span.endedAt;
    slot.fresh = false;
    last = Math.max(last, span.endedAt);
  }
  return last;
}
