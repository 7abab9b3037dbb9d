import { type BucketReader, getIfPresent } from '../aws/bucket-reader.ts';
import { layout } from '../contract/layout.ts';
import { type Span, spanSchema } from '../contract/span.ts';
import type { TimedSpan } from '../timing/arm-timing.ts';
import type { ProblemLog } from '../workloads/problems.ts';
import type { Seen } from './seen.ts';
import type { ArmPlace } from './stages.ts';

/** A map of an arm: `stage` is undefined where it is the only one. */
export interface MapPlace extends ArmPlace {
  readonly stage: number | undefined;
}

/**
 * The span of a batch; null where there is none that can be used.
 *
 * @param wanted whether a missing one is worth a word: a batch that left no result left no span either
 */
export function readSpan(
  body: Buffer | null,
  { arm, round, stage }: MapPlace,
  batch: number,
  log: Pick<ProblemLog, 'add'>,
  wanted: boolean,
): Span | null {
  const name = stage === undefined ? String(batch) : `stage ${stage}, ${batch}`;
  if (body === null) {
    if (wanted) log.add('SPAN_MISSING', name);
    return null;
  }
  const span = parseSpan(body);
  if (span?.arm !== arm || span.round !== round || span.batch !== batch || span.stage !== stage) {
    log.add('SPAN_INVALID', name);
    return null;
  }
  return span;
}

export function spanBody(
  reader: Pick<BucketReader, 'get'>,
  { runId, arm, round, stage }: MapPlace,
  batch: number,
): Promise<Buffer | null> {
  return getIfPresent(reader, layout.span(runId, arm, round, batch, stage));
}

/** The part of a span that is held until all of its map have been read, with what the coordinator says of its batch. */
export function timedSpan(span: Span, told: Seen | undefined): TimedSpan {
  // Of a batch that two workers did, the span may be of the other one: no time of one bounds a time of the other.
  const by = told?.worker ?? null;
  const seen = by === null || by === span.worker.split('/', 1)[0] ? told : undefined;
  const { worker, batch, queuedAt, startedAt, endedAt, coldStartMs, items, errors, clock } = span;
  const { listMs, loadMs, processMs, putMs } = span;
  return {
    worker,
    batch,
    queuedAt,
    givenAt: seen?.givenAt ?? null,
    startedAt,
    endedAt,
    seenAt: seen?.seenAt ?? null,
    coldStartMs,
    listMs,
    loadMs,
    processMs,
    putMs,
    items,
    errors,
    clock,
  };
}

/** Null where it is no span. */
export function parseSpan(body: Buffer): Span | null {
  try {
    return spanSchema.safeParse(JSON.parse(body.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}
