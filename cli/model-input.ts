import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measureFunctionOf } from '../src/aws/stack.ts';
import { type AccountConcurrency, availableTo } from '../src/contract/account-limit.ts';
import { FanfleetError } from '../src/errors.ts';
import { parseJsonText } from '../src/json-text.ts';
import { calibrate, inAws } from '../src/model/calibrate.ts';
import type { Calibration } from '../src/model/calibration.ts';
import { type Job, jobSchema } from '../src/model/job.ts';
import { jobOfRun } from '../src/model/measured-job.ts';
import { defaultCalibration } from '../src/model/parameters.ts';
import { parse } from '../src/parse.ts';
import { newestPrices } from '../src/prices/price-files.ts';
import type { Prices } from '../src/prices/prices.ts';
import { type Summary, summarySchema } from '../src/report/summary-schema.ts';
import { WORKLOADS } from '../src/workloads/facts.ts';
import { DEFAULT_WORKLOAD, REQUEST_PARAMS } from '../src/workloads/schemas.ts';
import { fetchReport } from './commands/report.ts';
import { type Context, connect } from './context.ts';
import type { ModelRequest } from './model-options.ts';
import { LOCAL } from './stage.ts';
import { expectTaken } from './workload-options.ts';

/** What a prediction is made of. */
export interface ModelInput {
  readonly job: Job;
  readonly calibration: Calibration;
  readonly prices: Prices;
  /** What Lambda says of the account of the stage, or why it does not; null where it was not asked. */
  readonly account: AccountConcurrency | string | null;
}

const DEFAULT_REGION = 'us-east-1';

/**
 * The job with its defaults, or those of the measured run; the figures it rests on; the prices of the region.
 *
 * @throws FanfleetError `INVALID_INPUT`, `NOT_MEASURED`, `PRICES_MISSING`, or what reading the run throws
 */
export async function readModelInput(context: Context, request: ModelRequest): Promise<ModelInput> {
  const summary = request.from === undefined ? null : await readSummary(context, request.from);
  const region = request.region ?? summary?.environment.region ?? context.shell.AWS_REGION ?? DEFAULT_REGION;
  const { prices } = await newestPrices(join(context.home, 'prices'), region);
  for (const remark of prices.remarks ?? []) context.io.note(remark);
  const account = request.job.accountConcurrency === undefined ? await accountOf(context, region) : null;
  const ofAccount =
    account === null || typeof account === 'string'
      ? {}
      : { accountConcurrency: Math.max(1, availableTo(account)) };
  if (summary === null) {
    const asked = { ...request.job, stages: stagesOf(request, null) };
    const job = parse(jobSchema, { ...ofAccount, ...asked }, 'The job');
    return { job, calibration: defaultCalibration(job.engine), prices, account };
  }
  const measured = jobOfRun(summary);
  const asked = { ...request.job, stages: stagesOf(request, measured) };
  const job = parse(jobSchema, { ...measured, ...ofAccount, ...asked }, 'The job');
  expectSameEngine(measured, job);
  const calibration = calibrate(summary);
  return { job, calibration: request.inAws ? inAws(calibration, job.engine) : calibration, prices, account };
}

/**
 * How many stages the workload has: the most that it may have, unless a run of it tells its own number. Null where it is a
 * single map.
 */
function stagesOf({ job, params }: ModelRequest, measured: Job | null): number | null {
  const name = job.workload ?? measured?.workload ?? DEFAULT_WORKLOAD.name;
  expectTaken(params, [name]);
  if (measured?.workload === name && Object.keys(params).length === 0) return measured.stages;
  return WORKLOADS[name].stages?.(parse(REQUEST_PARAMS[name], params, 'The workload')) ?? null;
}

/** Of a stage in an account Lambda is asked; the local AWS says nothing of one. */
async function accountOf({ stage }: Context, region: string): Promise<AccountConcurrency | string | null> {
  if (stage === LOCAL) return null;
  const [{ LambdaClient }, { readAccountConcurrency }] = await Promise.all([
    import('@aws-sdk/client-lambda'),
    import('../src/aws/account-concurrency.ts'),
  ]);
  const lambda = new LambdaClient({ region });
  try {
    return await readAccountConcurrency(lambda, measureFunctionOf(stage));
  } finally {
    lambda.destroy();
  }
}

/** Engines have different kernels and starts: a run with one says nothing of another. */
function expectSameEngine(measured: Job, job: Job): void {
  if (measured.engine === job.engine) return;
  const message = `Expected the engine ${measured.engine}, which the run of --from was with, but received ${job.engine}: give a run with that engine.`;
  throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}

async function readSummary(context: Context, from: string): Promise<Summary> {
  if (!from.endsWith('.json')) return (await fetchReport(context, await connect(context), from)).summary;
  const text = await readFile(from, 'utf8').catch((cause: unknown) => {
    throw new FanfleetError(
      'PATH_UNREADABLE',
      `Expected a summary.json at ${from} but it cannot be read: name a run or the path of its summary.`,
      { cause, source: 'user' },
    );
  });
  return parse(summarySchema, parseJsonText(text, from), from);
}
