import type { BucketReader } from '../src/aws/bucket-reader.ts';
import type { Arm } from '../src/contract/arm.ts';
import { layout } from '../src/contract/layout.ts';
import type { Batch } from '../src/contract/manifest.ts';
import { type PerChannel, serializeRow } from '../src/contract/row.ts';
import type { Span } from '../src/contract/span.ts';
import { FanfleetError } from '../src/errors.ts';

export const RUN_ID = 'simulated';
export const STARTED_AT = Date.UTC(2026, 0, 1);

const IMAGE_BYTES = 110_000;
const BATCH_MS = 4_000;
const WORKERS = 1_000;
const WIDTH = 500;
const HEIGHT = 375;
/** Rows differ in their figures; so many texts are made once. */
const TEXTS = 997;
const CHUNK_BYTES = 64 * 1024;

/**
 * The files of one arm as its workers would have left them, each made when it is read and not kept: rows of 500 x 375
 * images, in batches of the same size but for the last, on 1,000 workers whose clocks are up to 0.4 s wrong.
 */
export class SimulatedRun implements BucketReader {
  readonly #arm: Arm;
  readonly #rows: number;
  readonly #batches: number;
  readonly #texts = Array.from({ length: TEXTS }, (_, seed) => rowText(seed));

  constructor(arm: Arm, rows: number, batches: number) {
    this.#arm = arm;
    this.#rows = rows;
    this.#batches = batches;
  }

  get endedAt(): number {
    return STARTED_AT + 30_000 + Math.ceil(this.#batches / WORKERS) * BATCH_MS;
  }

  async get(key: string): Promise<Buffer> {
    const batch = Number.parseInt(key.slice(key.lastIndexOf('/') + 1), 10);
    if (key === layout.result(RUN_ID, this.#arm, 0, batch)) return this.#result(batch);
    if (key === layout.span(RUN_ID, this.#arm, 0, batch))
      return Buffer.from(JSON.stringify(this.#span(batch)));
    if (key === `${layout.mapRuns(RUN_ID)}m/manifest.json`) return Buffer.from(MAP_RUN);
    throw new FanfleetError('OBJECT_NOT_FOUND', key, { source: 'aws' });
  }

  /** Read everything once, as the aggregator does, and do nothing with it. */
  async readAll(): Promise<void> {
    const coordinator = this.#arm === 'fleet' ? layout.leases(RUN_ID, 0) : layout.mapRuns(RUN_ID);
    for (const key of [layout.manifest(RUN_ID), coordinator]) for await (const _ of this.stream(key));
    for await (const _ of this.list(layout.results(RUN_ID, this.#arm, 0)));
    for (let batch = 0; batch < this.#batches; batch += 1) {
      await this.get(layout.result(RUN_ID, this.#arm, 0, batch));
      await this.get(layout.span(RUN_ID, this.#arm, 0, batch));
    }
  }

  async *stream(key: string): AsyncGenerator<Uint8Array> {
    const line = key === layout.manifest(RUN_ID) ? this.#batchText : this.#childText;
    const isLines = key === layout.leases(RUN_ID, 0);
    let text = isLines ? '' : '[\n';
    for (let batch = 0; batch < this.#batches; batch += 1) {
      if (isLines) text += `${JSON.stringify({ batch, ...this.#seen(batch) })}\n`;
      else text += `${line.call(this, batch)}${batch + 1 < this.#batches ? ',' : ''}\n`;
      if (text.length < CHUNK_BYTES) continue;
      yield Buffer.from(text);
      text = '';
    }
    yield Buffer.from(isLines ? text : `${text}]\n`);
  }

  async *list(prefix: string): AsyncGenerator<{ key: string; size: number }> {
    if (prefix === layout.mapRuns(RUN_ID)) yield { key: `${prefix}m/manifest.json`, size: 1 };
    if (prefix === layout.leases(RUN_ID, 0)) yield { key: prefix, size: 1 };
    if (prefix !== layout.results(RUN_ID, this.#arm, 0)) return;
    for (let batch = 0; batch < this.#batches; batch += 1) {
      yield { key: layout.result(RUN_ID, this.#arm, 0, batch), size: 1 };
    }
  }

  #range(batch: number): { first: number; end: number } {
    const size = Math.ceil(this.#rows / this.#batches);
    return { first: Math.min(batch * size, this.#rows), end: Math.min((batch + 1) * size, this.#rows) };
  }

  #result(batch: number): Buffer {
    const { first, end } = this.#range(batch);
    let text = '';
    for (let image = first; image < end; image += 1) {
      text += `{"key":"${keyOf(image)}",${this.#texts[image % TEXTS]}\n`;
    }
    return Buffer.from(text);
  }

  #batchText(batch: number): string {
    return JSON.stringify(this.#batch(batch));
  }

  #batch(batch: number): Batch {
    const { first, end } = this.#range(batch);
    const objects = Array.from({ length: end - first }, (_, i) => ({
      key: keyOf(first + i),
      size: IMAGE_BYTES,
      etag: '"d41d8cd98f00b204e9800998ecf8427e"',
    }));
    return { batch, bytes: objects.length * IMAGE_BYTES, objects };
  }

  /** As Step Functions' ResultWriter has a child: its input holds the whole batch. */
  #childText(batch: number): string {
    const { givenAt, seenAt } = this.#seen(batch);
    const { first, end } = this.#range(batch);
    return JSON.stringify({
      ExecutionArn: `arn:aws:states:us-east-1:123456789012:express:fanfleet/FanOut:${batch}`,
      Input: JSON.stringify({ payload: { runId: RUN_ID, round: 0, batch: this.#batch(batch) } }),
      InputDetails: { Included: true },
      Name: String(batch),
      Output: JSON.stringify({ batch, images: end - first, errors: 0 }),
      OutputDetails: { Included: true },
      StartDate: new Date(givenAt).toISOString(),
      Status: 'SUCCEEDED',
      StopDate: new Date(seenAt).toISOString(),
    });
  }

  #seen(batch: number): { givenAt: number; seenAt: number } {
    const givenAt = STARTED_AT + 10_000 + Math.floor(batch / WORKERS) * BATCH_MS;
    return { givenAt, seenAt: givenAt + BATCH_MS - 20 };
  }

  #span(batch: number): Span {
    const worker = batch % WORKERS;
    const skewMs = (worker % 9) * 100 - 400;
    const { first, end } = this.#range(batch);
    const startedAt = this.#seen(batch).givenAt + 30 + skewMs;
    return {
      arm: this.#arm,
      round: 0,
      worker: `${worker}`,
      kernel: 'native',
      left: {},
      batch,
      queuedAt: this.#seen(batch).givenAt,
      startedAt,
      endedAt: startedAt + BATCH_MS - 100,
      coldStartMs: batch < WORKERS ? 300 : 0,
      ...{
        listMs: 0,
        getMs: 9_000,
        decodeMs: 5_000,
        computeMs: 800,
        putMs: 40,
        loadMs: 700,
        processMs: 3_000,
      },
      items: end - first,
      bytes: (end - first) * IMAGE_BYTES,
      outputBytes: 0,
      errors: 0,
      droppedBits: 0,
      cpuMs: 3_500,
      rssPeakBytes: 170_000_000,
      billedMs: BATCH_MS,
      clock: { offsetLowMs: -skewMs - 8, offsetHighMs: -skewMs + 9 },
    };
  }
}

const MAP_RUN = JSON.stringify({
  ResultFiles: { SUCCEEDED: [{ Key: `${layout.mapRuns(RUN_ID)}m/SUCCEEDED_0.json`, Size: 1 }] },
});

function keyOf(image: number): string {
  return `train/${String(Math.floor(image / 10_000)).padStart(4, '0')}/${String(image).padStart(9, '0')}.jpg`;
}

/** A sound row of an image half `low` and half `high`, but for its key, and without the brace before it. */
function rowText(seed: number): string {
  const pixels = WIDTH * HEIGHT;
  const low: PerChannel = [seed % 50, (seed * 7) % 50, (seed * 13) % 50];
  const high: PerChannel = [205 + (seed % 50), 205 + ((seed * 3) % 50), 255 - (seed % 50)];
  const half = pixels / 2;
  const each = (join: (a: number, b: number) => number): PerChannel => [
    join(low[0], high[0]),
    join(low[1], high[1]),
    join(low[2], high[2]),
  ];
  const text = serializeRow({
    ...{ key: '', width: WIDTH, height: HEIGHT, channels: 3 },
    sum: each((a, b) => half * (a + b)),
    sumSq: each((a, b) => half * (a * a + b * b)),
    min: low,
    max: high,
    mean_e6: each((a, b) => 500_000 * (a + b)),
  });
  return text.slice('{"key":"",'.length);
}
