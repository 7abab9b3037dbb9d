import * as z from 'zod';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { HistoryStore } from '../src/history/history-store.ts';
import { judgeHistory } from '../src/history/judge.ts';
import { messageOf } from '../src/history/message.ts';
import { caughtSchema, nestedError } from '../src/history/nested-error.ts';
import { nightMetrics } from '../src/history/night-metrics.ts';
import { nightOfRun } from '../src/history/night-of-run.ts';
import { parse } from '../src/parse.ts';
import { endpoint, environment, handler, logger, region, writeLog } from './runtime.ts';

const eventSchema = z.object({
  night: z.object({ history: z.string(), error: caughtSchema.optional() }),
  runId: z.string(),
  startedAt: z.iso.datetime(),
});
const s3 = createS3({ region, endpoint });

/** Append the night to its history, judge it, and say what must be told. */
export const main = handler('record-night', async (event: unknown) => {
  const { night: input, runId, startedAt } = parse(eventSchema, event, 'The event of record-night');
  const runs = new ObjectStore(s3, environment.FANFLEET_RUNS_BUCKET);
  const store = new HistoryStore(runs, input.history);
  const error = input.error === undefined ? null : nestedError(input.error);
  const night = await nightOfRun(runs, { runId, at: Date.parse(startedAt), error, addedBy: null });
  await store.appendNight(night);
  await store.compact();
  const { nights, ...history } = await store.read();
  // A night that was begun later may be on the record already.
  const judged = judgeHistory({ ...history, nights: nights.filter(({ at }) => at <= night.at) });
  for (const line of nightMetrics(judged, environment.FANFLEET_STAGE)) writeLog(line);
  const state = judged.nights.at(-1)?.state ?? 'learning';
  logger.info('night recorded', { runId, history: store.name, status: night.status, state });
  return { status: night.status, state, message: messageOf(judged) };
});
