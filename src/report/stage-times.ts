import type { ArmRound } from '../aggregate/run-facts.ts';

type Stage = ArmRound['stages'][number];

/** What a stage took, in milliseconds: its batches, adding up what they left, and neither before the next one began. */
export interface StageTimes {
  readonly stage: number;
  readonly mapMs: number;
  /** Null where it was not reduced. */
  readonly reduceMs: number | null;
  /** Between the last batch and the reduce, and from there to the first batch of the next stage; null where it was not reduced. */
  readonly betweenMs: number | null;
}

/** The stages that this run did. */
export function stageTimes(stages: readonly Stage[]): StageTimes[] {
  return stages.flatMap(({ stage, startedAt, mapEndedAt, reducedAt, reduceMs }, i): StageTimes[] => {
    if (startedAt === null || mapEndedAt === null) return [];
    const mapMs = Math.max(0, mapEndedAt - startedAt);
    if (reducedAt === null || reduceMs === null) return [{ stage, mapMs, reduceMs: null, betweenMs: null }];
    const before = Math.max(0, reducedAt - reduceMs - mapEndedAt);
    const after = Math.max(0, (stages[i + 1]?.startedAt ?? reducedAt) - reducedAt);
    return [{ stage, mapMs, reduceMs, betweenMs: before + after }];
  });
}

export function totalMs({ mapMs, reduceMs, betweenMs }: StageTimes): number {
  return mapMs + (reduceMs ?? 0) + (betweenMs ?? 0);
}
