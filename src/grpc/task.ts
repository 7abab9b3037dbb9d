import { create } from '@bufbuild/protobuf';
import * as z from 'zod';
import { stageSchema } from '../contract/stage.ts';
import { opaqueWorkloadSchema } from '../contract/workload.ts';
import { FanfleetError } from '../errors.ts';
import { parse } from '../parse.ts';
import { type BatchPlace, BatchPlaceSchema, type Job, JobSchema } from './protocol/head_pb.js';

/** A task as engines get it: `Task` of ec2-workers/fanfleet/task.py, where the fields are explained. */
const taskSchema = z.object({
  manifest: z.string(),
  out: z.string(),
  bucket: z.string(),
  workload: opaqueWorkloadSchema,
  kernel: z.string(),
  image_memory: z.int().positive(),
  round: z.int().nonnegative(),
  batch: z.int().nonnegative(),
  offset: z.int().nonnegative(),
  length: z.int().positive(),
  queued_at: z.number(),
  requester_pays: z.boolean(),
  stage: stageSchema.nullable().default(null),
});

/** Batches to be done, and what they have in common. */
export type Tasks = { readonly job: Job; readonly places: readonly BatchPlace[] };

/**
 * Read job after job: the tasks of each, one a line, and an empty line behind them. What has none is not whole.
 *
 * @throws FanfleetError `INVALID_INPUT`
 */
export async function* readJobs(lines: AsyncIterable<string>): AsyncGenerator<Tasks> {
  let tasks: string[] = [];
  for await (const line of lines) {
    if (line !== '') {
      tasks.push(line);
      continue;
    }
    yield readTasks(tasks.join('\n'));
    tasks = [];
  }
}

/**
 * Read tasks of one job, each a line of JSON.
 *
 * @throws FanfleetError `INVALID_INPUT`
 */
export function readTasks(text: string): Tasks {
  const lines = text.split('\n').filter((line) => line !== '');
  const tasks = lines.map((line, index) => parse(taskSchema, JSON.parse(line), `Task ${index}`));
  const jobs = tasks.map(({ image_memory: imageMemory, requester_pays: requesterPays, ...task }) => {
    const { manifest, out, bucket, kernel, round } = task;
    const workload = JSON.stringify(task.workload);
    const stage = task.stage === null ? '' : JSON.stringify(task.stage);
    return JSON.stringify({
      ...{ manifest, out, bucket, workload, kernel, imageMemory, round, requesterPays, stage },
    });
  });
  const [job] = new Set(jobs);
  if (job === undefined || jobs.some((other) => other !== job)) {
    const message = `Expected the tasks of one job but got those of ${new Set(jobs).size}.`;
    throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
  }
  const places = tasks.map(({ batch, offset, length, queued_at }) =>
    create(BatchPlaceSchema, { batch, offset: BigInt(offset), length, queuedAt: queued_at }),
  );
  return { job: create(JobSchema, JSON.parse(job)), places };
}
