import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type BucketReader, getIfPresent } from '../aws/bucket-reader.ts';
import { layout } from '../contract/layout.ts';
import type { Reduced } from '../contract/stage.ts';
import { type RoundOfArm, readReduced } from '../run/reduced.ts';
import type { ProblemLog } from '../workloads/problems.ts';

const time = z.number().nonnegative().nullable();

/** What a stage of an arm took. Epoch milliseconds by AWS's clock; null where an earlier run did it, or nothing says it. */
export const stageTimesSchema = z.object({
  stage: z.int().nonnegative(),
  /** Whether what its batches left was added up. */
  isReduced: z.boolean(),
  /** From the first activity of a batch to the end of the last one, and the end of the reduce. */
  startedAt: time,
  mapEndedAt: time,
  reducedAt: time,
  reduceMs: time,
  reduceCpuMs: time,
  /** With a span, and those of them that an earlier run did. */
  batches: z.int().nonnegative(),
  batchesTakenOver: z.int().nonnegative(),
  /** Of the batches that this run did; and how many of these were in the memory of their worker. */
  cpuMs: z.number().nonnegative(),
  kept: z.int().nonnegative(),
});
export type StageTimesOfRound = z.infer<typeof stageTimesSchema>;

/** The stage whose rows count: the last one that was reduced, else the first. Undefined where the arm is a single map. */
export function stageOfRows(
  stages: readonly Pick<StageTimesOfRound, 'stage' | 'isReduced'>[],
): number | undefined {
  if (stages.length === 0) return undefined;
  return stages.findLast(({ isReduced }) => isReduced)?.stage ?? 0;
}

/** Whose stages they are, and the whole of its bucket. */
export interface ArmPlace extends RoundOfArm {
  readonly reader: BucketReader;
}

/**
 * `reduced.json` of each stage, in their order: up to the last one, or to the first that has none.
 *
 * @param log gets `STAGE_MISSING` where they do not go on to a last one
 */
export async function readAllReduced(place: ArmPlace, log: Pick<ProblemLog, 'add'>): Promise<Reduced[]> {
  const found: Reduced[] = [];
  while (found.at(-1)?.isLast !== true) {
    const stage = found.length;
    const reduced = await readReduced(place, stage);
    if (reduced === null || reduced === 'damaged') {
      const why = reduced === null ? 'was not reduced' : 'has a reduced.json that is none of it';
      log.add('STAGE_MISSING', `stage ${stage} ${why}`);
      break;
    }
    found.push(reduced);
  }
  return found;
}

/**
 * What each stage came to, one after the other: only one is held. One that is damaged is left out, since nothing can be made of
 * what is no outcome.
 *
 * @param log gets `OUTCOME_DAMAGED` for each that is not there, or not as its `reduced.json` says
 */
export async function* readOutcomes(
  { reader, runId, arm, round }: ArmPlace,
  stages: readonly Reduced[],
  log: Pick<ProblemLog, 'add'>,
): AsyncGenerator<Buffer> {
  for (const { stage, outcome } of stages) {
    const body = await getIfPresent(reader, layout.outcome(runId, arm, round, stage));
    const sha256 = body && createHash('sha256').update(body).digest('hex');
    if (body !== null && sha256 === outcome.sha256) yield body;
    else log.add('OUTCOME_DAMAGED', `stage ${stage}: ${sha256 ?? 'not there'}, and not ${outcome.sha256}`);
  }
}
