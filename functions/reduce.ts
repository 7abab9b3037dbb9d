import * as z from 'zod';
import { firstStage, reduceStage } from '../src/aggregate/reduce-stage.ts';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import type { Stage } from '../src/contract/stage.ts';
import { parse } from '../src/parse.ts';
import { runSchema } from '../src/run/run.ts';
import { processClock, processUsage } from './process.ts';
import { endpoint, handler, logger, region } from './runtime.ts';

const eventSchema = z.object({
  run: runSchema,
  round: z.int().nonnegative(),
  /** The number of the one to reduce; null asks which one comes first. */
  stage: z.int().nonnegative().nullable(),
});
const s3 = createS3({ region, endpoint });

/** Add up what the batches of a stage of the serverless arm left, and say which stage comes next, if any does. */
export const main = handler('reduce', async (event: unknown): Promise<{ stage: Stage | null }> => {
  const { run, round, stage } = parse(eventSchema, event, 'The event of reduce');
  const { runId, workload } = run;
  const where = { store: new ObjectStore(s3, run.runsBucket), runId, arm: 'serverless' as const, round };
  if (stage === null) return { stage: await firstStage(where) };
  const cpuMs = () => processUsage().cpuMs;
  const next = await reduceStage({ ...where, workload, stage, clock: processClock.epoch, cpuMs });
  logger.info('stage reduced', { runId, round, stage, isLast: next === null });
  return { stage: next };
});
