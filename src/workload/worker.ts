import { z } from 'zod';
import type { ObjectStore } from '../aws/object-store.ts';
import { batchSchema } from '../dataset/manifest.ts';
import { operationSchema } from '../kernel/operation.ts';
import { serializeRow } from '../kernel/row.ts';
import { layout } from '../run/layout.ts';
import type { Span } from '../timing/span.ts';
import { type MeasureBatchOptions, type MeasuredBatch, measureBatch } from './measure-batch.ts';

/** The work of one `measure` call. */
export const workSchema = z.object({
  runId: z.string().min(1),
  round: z.int().nonnegative(),
  bucket: z.string().min(1),
  runsBucket: z.string().min(1),
  operation: operationSchema,
  batch: batchSchema,
});
export type Work = z.infer<typeof workSchema>;

/** What `measure` returns: counts only, since a Map Run keeps every child's output. */
export interface BatchCounts {
  readonly batch: number;
  readonly images: number;
  readonly errors: number;
}

export interface WorkerOptions
  extends Pick<
    MeasureBatchOptions,
    's3' | 'kernel' | 'fetches' | 'decodes' | 'encodedBytes' | 'decodedBytes' | 'onFailure'
  > {
  readonly store: ObjectStore;
  readonly worker: string;
  /** When Step Functions gave the batch out, and when this call began: epoch milliseconds. */
  readonly queuedAt: number;
  readonly startedAt: number;
  /** From the start of the process to its first batch; 0 in later batches. */
  readonly coldStartMs: number;
  readonly clock: { readonly epoch: () => number; readonly now: () => number };
  readonly usage: () => { readonly cpuMs: number; readonly rssPeakBytes: number };
}

/** Measure one batch and write its rows and its span. The rows are written last but one: a span means done. */
export async function work(job: Work, options: WorkerOptions): Promise<{ counts: BatchCounts; span: Span }> {
  const { store, clock } = options;
  const before = options.usage();
  const measured = await measureBatch({
    ...options,
    bucket: job.bucket,
    batch: job.batch,
    operation: job.operation,
    now: clock.now,
  });
  const putStarted = clock.now();
  await store.put(
    layout.result(job.runId, 'serverless', job.round, job.batch.batch),
    rowsText(measured),
    'application/x-ndjson',
  );
  const putMs = clock.now() - putStarted;
  const after = options.usage();
  const endedAt = clock.epoch();
  const span: Span = {
    arm: 'serverless',
    round: job.round,
    worker: options.worker,
    batch: job.batch.batch,
    queuedAt: options.queuedAt,
    startedAt: options.startedAt,
    endedAt,
    coldStartMs: options.coldStartMs,
    listMs: 0,
    getMs: measured.getMs,
    decodeMs: measured.decodeMs,
    computeMs: measured.computeMs,
    putMs,
    loadMs: measured.loadMs,
    processMs: measured.processMs,
    images: measured.rows.length,
    bytes: measured.bytes,
    errors: measured.errors,
    cpuMs: after.cpuMs - before.cpuMs,
    rssPeakBytes: after.rssPeakBytes,
    billedMs: Math.ceil(endedAt - options.startedAt + options.coldStartMs),
  };
  await store.putJson(layout.span(job.runId, 'serverless', job.round, job.batch.batch), span);
  const counts = { batch: job.batch.batch, images: measured.rows.length, errors: measured.errors };
  return { counts, span };
}

function rowsText({ rows }: MeasuredBatch): string {
  return rows.map((row) => `${serializeRow(row)}\n`).join('');
}
