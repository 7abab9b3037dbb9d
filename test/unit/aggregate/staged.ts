import { createHash } from 'node:crypto';
import type { Arm } from '../../../src/contract/arm.ts';
import { layout } from '../../../src/contract/layout.ts';
import type { Batch } from '../../../src/contract/manifest.ts';
import type { Row } from '../../../src/contract/row.ts';
import type { Span } from '../../../src/contract/span.ts';
import type { Reduced } from '../../../src/contract/stage.ts';
import { type MemoryBucket, putRows, spanOf } from './fixture.ts';

export interface WrittenStage {
  readonly stage: number;
  readonly isLast: boolean;
  /** Of the map and of the reduce, epoch milliseconds. */
  readonly map: readonly [from: number, to: number];
  readonly reduce: readonly [from: number, to: number];
  readonly rowFor: (key: string) => Row;
  readonly span?: Partial<Span>;
  /** @default `outcomeOf` the stage */
  readonly outcome?: string;
}

export function outcomeOf(stage: number): string {
  return `{"inertia":"${100 - stage}"}`;
}

/** Write what the workers and the reduce of a stage leave: each batch lasts as long as the map, on a worker of its own. */
export function putStage(
  bucket: MemoryBucket,
  { runId, arm }: { readonly runId: string; readonly arm: Arm },
  batches: readonly Batch[],
  { stage, isLast, map, reduce, rowFor, span, outcome = outcomeOf(stage) }: WrittenStage,
): void {
  for (const { batch, objects } of batches) {
    putRows(
      bucket,
      layout.result(runId, arm, 0, batch, stage),
      objects.map(({ key }) => rowFor(key)),
    );
    const own = spanOf(arm, batch, {
      stage,
      worker: `w${batch}`,
      queuedAt: map[0],
      startedAt: map[0],
      endedAt: map[1],
      loadMs: 0,
      processMs: map[1] - map[0],
      putMs: 0,
      items: objects.length,
      ...span,
    });
    bucket.put(layout.span(runId, arm, 0, batch, stage), JSON.stringify(own));
  }
  const key = layout.outcome(runId, arm, 0, stage);
  bucket.put(key, outcome);
  const reduced: Reduced = {
    stage,
    outcome: {
      key,
      sha256: createHash('sha256').update(outcome).digest('hex'),
      bytes: outcome.length,
    },
    isLast,
    batches: batches.length,
    startedAt: reduce[0],
    endedAt: reduce[1],
    cpuMs: 7,
  };
  bucket.put(layout.reduced(runId, arm, 0, stage), JSON.stringify(reduced));
}
