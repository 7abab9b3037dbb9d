import { aggregateArm } from '../../../src/aggregate/arm.ts';
import type { Arm } from '../../../src/contract/arm.ts';
import type { ArmInput, SummaryInput } from '../../../src/report/summary.ts';
import { batchesOf, MemoryBucket, putManifest, rowOf } from '../aggregate/fixture.ts';
import { putStage } from '../aggregate/staged.ts';
import { RUN_ID, sampleInput } from './sample.ts';

/** Milliseconds of a stage: its map, from there to the reduce, the reduce, and from there to the next stage. */
export interface StageMs {
  readonly map: number;
  readonly before: number;
  readonly reduce: number;
  readonly after: number;
}

/** The first stage loads images; between stages of the serverless arm more goes on than between those of a fleet. */
export function stageMs(arm: Arm, stage: number): StageMs {
  const [before, after] = arm === 'serverless' ? [180, 420] : [12, 30];
  const map = stage === 0 ? 5200 : 240 + ((stage * 37) % 80);
  return { map, before, reduce: 60 + ((stage * 17) % 40), after };
}

export interface StagedOptions {
  /** @default 3 */
  readonly stages?: number;
  /** Whether the last one was not reduced. @default false */
  readonly unfinished?: boolean;
  readonly images?: number;
}

/** A run whose arms have several stages, each of four batches: files of both in a bucket, aggregated by the code under test. */
export async function stagedInput({ images = 100, ...options }: StagedOptions = {}): Promise<SummaryInput> {
  const input = await sampleInput({ images, baseline: false });
  const arms = await Promise.all(input.arms.map((arm) => stagedArm(arm, input, { images, ...options })));
  return { ...input, endedAt: Math.max(...arms.map(({ times }) => times.endedAt ?? 0)) + 1500, arms };
}

async function stagedArm(
  { times, ...others }: ArmInput,
  { run }: SummaryInput,
  { stages = 3, unfinished = false, images = 0 }: StagedOptions,
): Promise<ArmInput> {
  const { arm, round } = times;
  const bucket = new MemoryBucket();
  const keys = Array.from({ length: images }, (_, i) => `train/photo-${String(i).padStart(5, '0')}.jpg`);
  const batches = batchesOf(keys, Math.ceil(images / 4));
  putManifest(bucket, RUN_ID, batches);
  const startedAt = times.startedAt ?? 0;
  let at = startedAt + 2000;
  for (let stage = 0; stage < stages; stage += 1) {
    const { map, before, reduce, after } = stageMs(arm, stage);
    const [mapped, reducing] = [at + map, at + map + before];
    const isLast = stage === stages - 1;
    putStage(bucket, { runId: RUN_ID, arm }, batches, {
      ...{ stage, isLast },
      ...{ map: [at, mapped], reduce: [reducing, reducing + reduce] },
      rowFor: (key) => rowOf(key, [10, 20, 30], [200, 210, 220]),
      span: stage === 0 ? { gets: 25 } : { gets: 0, bytes: 0, cpuMs: 100 },
    });
    if (isLast && unfinished)
      bucket.objects.delete(`runs/${RUN_ID}/${arm}/round-0/stage-${stage}/reduced.json`);
    at = reducing + reduce + after;
  }
  const endedAt = at + 800;
  const aggregate = await aggregateArm({
    ...{ reader: bucket, runId: RUN_ID, arm, round, workload: run.workload, startedAt, endedAt },
    hasStages: true,
  });
  return { ...others, times: { ...times, startedAt, endedAt }, aggregate };
}
