import { LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { readAccountConcurrency } from '../src/aws/account-concurrency.ts';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { deploymentOf } from '../src/environment.ts';
import { parse } from '../src/parse.ts';
import { withinAccount } from '../src/run/account-limit.ts';
import { withDatasetRange } from '../src/run/dataset-range.ts';
import { layout } from '../src/run/layout.ts';
import { expectResumable } from '../src/run/resume.ts';
import { resolveRun } from '../src/run/run.ts';
import { endpoint, environment, handler, logger, region } from './runtime.ts';

const eventSchema = z.object({ input: z.unknown(), runId: z.string().min(1), startedAt: z.iso.datetime() });
const lambda = new LambdaClient({ region });
const store = new ObjectStore(createS3({ region, endpoint }), environment.FANFLEET_RUNS_BUCKET);

/** Check the execution input, resolve its defaults, keep to what the account runs at once, and write the outcome as `request.json`. */
export const main = handler('validate', async (event: unknown) => {
  const { input, runId, startedAt } = parse(eventSchema, event, 'The event of validate');
  const asked = resolveRun(input, runId, Date.parse(startedAt), deploymentOf(environment));
  const found = await readAccountConcurrency(lambda, asked.measure.functionName);
  if (typeof found === 'string') logger.warn('concurrency of the account not known', { runId, code: found });
  const run = await withDatasetRange(withinAccount(asked, found), store);
  await expectResumable(run, store);
  await store.putJson(layout.request(runId), run);
  logger.info('run accepted', {
    runId,
    arms: run.arms,
    operation: run.operation,
    schedule: run.schedule,
    concurrency: run.concurrency,
  });
  return run;
});
