import { basename, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { s3Address } from '../../src/aws/s3-address.ts';
import { ARMS, type Arm } from '../../src/contract/arm.ts';
import { DEFAULT_ENGINE, ENGINES } from '../../src/contract/engines.ts';
import { FanfleetError } from '../../src/errors.ts';
import { printable } from '../../src/format.ts';
import { planRemarks } from '../../src/report/plan-remarks.ts';
import { RunProgress } from '../../src/run/progress.ts';
import type { PartialRequest, RequestInput } from '../../src/run/request.ts';
import { requestToResume } from '../../src/run/resume.ts';
import { passes } from '../../src/run/run.ts';
import { describeRun, type Execution, newRunId, startRun, stopRun } from '../../src/run/start.ts';
import { hasStages, unitOf } from '../../src/workloads/facts.ts';
import { runsModel } from '../../src/workloads/names.ts';
import { DEFAULT_WORKLOAD, resolveWorkload } from '../../src/workloads/schemas.ts';
import { workloadText } from '../../src/workloads/text.ts';
import { type Aws, type Context, connect } from '../context.ts';
import { installEngine, installModels } from '../engine-packages.ts';
import { exitCodeOf } from '../exit-code.ts';
import { withKeysInBucket } from '../keys-of-run.ts';
import { withModelInBucket } from '../model-of-run.ts';
import { offlineState } from '../offline.ts';
import { LOCAL } from '../stage.ts';
import { upload } from './dataset.ts';
import { progressLine } from './progress-line.ts';
import { fetchReport, reportText } from './report.ts';

export interface RunOptions {
  /** A folder of this machine, or `s3://bucket/prefix`. */
  readonly images?: string | undefined;
  readonly request: PartialRequest;
  /** Whether the images are normalised by the range of the dataset, which a run before finds out. */
  readonly datasetRange: boolean;
  readonly detach: boolean;
}

const POLL_MS = 500;
/** Hosts that are processes share this machine's network, and Ray has no setting for the interface that it listens on. */
const RAY_LISTENS =
  'While the fleet runs, Ray listens on all interfaces of this machine: docs/security.md says what that means.';
/** An execution that failed with one of these got to its report. */
const HAS_REPORT: ReadonlySet<string | null> = new Set(['ArmFailed', 'ArmsDisagree']);

type Uploaded = Awaited<ReturnType<typeof upload>>;

/** Start a run and, unless detached, follow it to its report. */
export async function runCommand(context: Context, options: RunOptions) {
  const aws = await connect(context, { requesterPays: options.request.requesterPays ?? false });
  let uploaded: Uploaded | undefined;
  const asked = await resolveInput(context, aws, options, (result) => {
    uploaded = result;
  });
  const withUpload = uploaded && { upload: uploaded };
  const input = options.datasetRange ? await withStatisticsRun(context, aws, asked) : asked;
  const runId = await start(context, aws, input);
  if (options.detach) return { json: { runId, ...withUpload }, text: runId, exitCode: 0 };
  const { summary, folder } = await followToReport(context, aws, runId, input);
  for (const remark of planRemarks(summary.plan)) context.io.note(printable(remark));
  const rounds = summary.rounds.flatMap((round) => round.arms);
  const exitCode = exitCodeOf({
    failedArms: rounds.filter(({ status, valid }) => status === 'failed' || valid === false).length,
    digestsEqual: summary.agreement.equal,
    // A file that could not be uploaded is an image of the user that was not measured.
    failedItems: summary.failures.codes.reduce((sum, { count }) => sum + count, uploaded?.failed ?? 0),
  });
  return { json: { ...summary, files: folder, ...withUpload }, text: reportText(summary, folder), exitCode };
}

/**
 * Follow a run to its report, and fetch that.
 *
 * @throws FanfleetError what the run ended with before it got to a report
 */
export async function followToReport(context: Context, aws: Aws, runId: string, input: RequestInput) {
  const execution = await follow(context, aws, runId, input);
  if (execution.status !== 'SUCCEEDED' && !HAS_REPORT.has(execution.error)) throw runFailed(execution);
  return fetchReport(context, aws, runId);
}

/** Start a run and say so. */
export async function start(context: Context, aws: Aws, input: RequestInput): Promise<string> {
  const { arms = ['fleet'], engine } = input;
  if (arms.includes('fleet') && input.fleet === undefined) await installEngine(context, engine);
  if (runsModel((input.workload ?? DEFAULT_WORKLOAD).name)) await installModels(context);
  const runId = newRunId(new Date());
  await startRun(aws.sfn, aws.stack, runId, input);
  context.io.note(
    `run ${runId}: ${workloadText(resolveWorkload(input.workload ?? DEFAULT_WORKLOAD))} over ${input.prefix}`,
  );
  if (
    context.stage === LOCAL &&
    arms.includes('fleet') &&
    ENGINES[engine ?? DEFAULT_ENGINE].cluster === 'ray'
  ) {
    const state = await offlineState(context);
    if (state?.hosts.kind === 'processes') context.io.note(RAY_LISTENS);
  }
  return runId;
}

/** The input with the range of the dataset, after a run on one arm, once, that finds it out. */
async function withStatisticsRun(context: Context, aws: Aws, input: RequestInput): Promise<RequestInput> {
  const { workload, resume: _, fleet, ...rest } = input;
  const arm: Arm = input.arms?.includes('serverless') === false ? 'fleet' : 'serverless';
  const statistics: RequestInput = {
    ...rest,
    ...(arm === 'fleet' && fleet !== undefined ? { fleet } : {}),
    workload: { name: 'statistics', params: { operation: 'minmax', depth: 'native' } },
    arms: [arm],
    repeats: 1,
    baseline: false,
  };
  const statisticsRun = await start(context, aws, statistics);
  const execution = await follow(context, aws, statisticsRun, statistics);
  if (execution.status !== 'SUCCEEDED') throw runFailed(execution);
  return {
    ...input,
    workload: { name: 'normalise', params: { ...workload?.params, statisticsRun } },
  } as RequestInput;
}

/**
 * The execution input: the user's model, the file that names the images, and the folder are uploaded first, the user's bucket is taken as it is. A run that resumes
 * another one without naming images is over those of the other one, and what is not said is as it was there.
 *
 * @param onUpload told what became of the files of a folder
 */
export async function resolveInput(
  context: Context,
  aws: Aws,
  { images, request: asked }: Pick<RunOptions, 'images' | 'request'>,
  onUpload?: (result: Uploaded) => void,
): Promise<RequestInput> {
  const request = await withModelInBucket(context, aws, asked);
  if (images === undefined) {
    if (request.prefix === undefined && request.resume !== undefined) {
      const runs = new ObjectStore(aws.s3, aws.stack.runsBucket);
      return requestToResume(request.resume, runs, request);
    }
    if (request.prefix === undefined) {
      throw new FanfleetError(
        'NO_IMAGES_NAMED',
        'Expected a prefix or --images but received neither; e.g. `fanfleet run photos/`.',
        {
          source: 'user',
        },
      );
    }
    return withKeysInBucket(context, aws, { ...request, prefix: request.prefix });
  }
  const address = s3Address(images);
  if (address !== null) {
    const { bucket, key: prefix } = address;
    return withKeysInBucket(context, aws, { ...request, bucket, prefix });
  }
  if (images.startsWith('s3://')) {
    throw new FanfleetError(
      'INVALID_INPUT',
      `Expected s3://bucket/prefix for \`--images\` but received ${images}.`,
      {
        source: 'user',
      },
    );
  }
  const prefix = `${basename(resolve(images))}/`;
  const asNamed = await withKeysInBucket(context, aws, { ...request, prefix });
  onUpload?.(await upload(context, aws, images, prefix));
  return asNamed;
}

async function follow(context: Context, aws: Aws, runId: string, input: RequestInput): Promise<Execution> {
  const { io, signal, stage } = context;
  const { name } = input.workload ?? DEFAULT_WORKLOAD;
  const store = new ObjectStore(aws.s3, aws.stack.runsBucket);
  const progress = new RunProgress(store, runId, hasStages(name));
  const schedule = input.schedule ?? (stage === LOCAL ? 'sequential' : 'parallel');
  const all = passes(input.arms ?? ARMS, schedule, input.repeats ?? 1);
  const line = progressLine(Date.now, unitOf(name));
  try {
    for (;;) {
      signal.throwIfAborted();
      const execution = await describeRun(aws.sfn, aws.stack, runId);
      if (execution.status !== 'RUNNING') return execution;
      io.progress(line(await progress.current(all)));
      await sleep(POLL_MS, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    io.note('stopping the run and terminating its fleet …');
    await stopRun(aws.sfn, aws.lambda, aws.stack, runId);
    io.note('stopped; nothing is left running.');
    throw signal.reason;
  }
}

/** What Step Functions says of an execution that did not get to its report; our own messages are in the cause. */
export function runFailed({ runId, status, error, cause }: Execution): FanfleetError {
  let message = cause ?? '';
  try {
    const parsed: unknown = JSON.parse(message);
    if (parsed !== null && typeof parsed === 'object' && 'errorMessage' in parsed)
      message = String(parsed.errorMessage);
  } catch {
    // Not every cause is JSON.
  }
  const code = /^\[([\w.]+)\] /.exec(message);
  return new FanfleetError(
    code?.[1] ?? error ?? status,
    message.slice(code?.[0].length ?? 0) || `The run ${runId} ended as ${status}.`,
    {
      // AWS writes its codes LikeThis.
      source: code !== null && /^[A-Z_]+$/.test(code[1] ?? '') ? 'user' : 'aws',
    },
  );
}
