import { settleAll } from '../../src/concurrency/settle-all.ts';
import type { Sample } from '../../src/dataset/sample.ts';
import { SAMPLE_KINDS } from '../../src/dataset/sample-kinds.ts';
import { type Aws, type Context, connect, expectLocal } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { setUpDone } from '../set-up.ts';
import { sample, upload } from './dataset.ts';
import { KeptFleets, onKeptFleet } from './kept-fleets.ts';
import { type RunOptions, runCommand } from './run.ts';
import { deployCommand, upCommand } from './up.ts';

/**
 * Everything, offline: up, dataset, deploy, run, report. Without images of the user's own, once over the sample photographs and
 * once over the sample digits.
 */
export async function startCommand(context: Context, options: RunOptions) {
  const { io, stage } = context;
  expectLocal(context, `\`sls deploy --stage ${stage}\`, then \`fanfleet --stage ${stage} run\``);
  const step = stepTimer(io.note, performance.now.bind(performance));
  const ownImages = options.images !== undefined || options.request.prefix !== undefined;
  const samples: Sample[] = [];
  // They need no AWS, and are made beside it.
  await beside(context, [
    async (at) => {
      await upCommand(at, {});
      step('offline AWS up');
      await setUpDone(at);
      await deployCommand(at);
      step('stack deployed');
    },
    async (at) => {
      if (ownImages) return;
      for (const kind of SAMPLE_KINDS) samples.push(await sample(at, kind));
      if (samples.some(({ made }) => made)) step('sample images made');
    },
  ]);
  if (ownImages) return runCommand(context, options);

  const aws = await connect(context);
  const fleets = new KeptFleets(context, aws, 'start');
  try {
    return await runOverSamples(context, aws, fleets, samples, options, step);
  } finally {
    await fleets.end();
  }
}

async function runOverSamples(
  context: Context,
  aws: Aws,
  fleets: KeptFleets,
  samples: readonly Sample[],
  options: RunOptions,
  step: (what: string) => void,
) {
  const { io } = context;
  // It boots while the samples are put there, and does both runs.
  const request = canKeep(options.request)
    ? await onKeptFleet({ ...options.request, prefix: '' }, fleets)
    : options.request;
  for (const { kind, folder, images } of samples) {
    await upload(context, aws, folder, `${kind}/`);
    step(`${images} ${kind} in s3://${aws.stack.dataBucket}/${kind}/`);
  }
  const outcomes = [];
  for (const kind of SAMPLE_KINDS) {
    outcomes.push(await runCommand(context, { ...options, request: { ...request, prefix: `${kind}/` } }));
    step(`run over ${kind} done`);
  }
  io.note('The offline AWS stays up for the next run; `npx fanfleet down` ends it.');
  return {
    json: { runs: outcomes.map(({ json }) => json) },
    text: outcomes.map(({ text }) => text).join('\n\n'),
    exitCode: worst(outcomes.map(({ exitCode }) => exitCode as ExitCode)),
  };
}

/** Do several things at once; where one fails the others are stopped, and then it is thrown. */
async function beside(context: Context, jobs: readonly ((at: Context) => Promise<void>)[]): Promise<void> {
  const stop = new AbortController();
  const at = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  await settleAll(
    jobs.map((job) => job(at)),
    (reason) => stop.abort(reason),
  );
}

/** Whether one fleet will do for both samples: it does not grow, and there is to be one. */
function canKeep({ arms = ['fleet'], fleet, workersMax }: RunOptions['request']): boolean {
  return arms.includes('fleet') && fleet === undefined && workersMax === undefined;
}

/** The first outcome that is not fine. */
function worst(codes: readonly ExitCode[]): ExitCode {
  return codes.find((code) => code !== EXIT.OK) ?? EXIT.OK;
}

/** Notes each step with the seconds since the beginning: some are done side by side. */
function stepTimer(note: (text: string) => void, now: () => number): (what: string) => void {
  const began = now();
  return (what) => note(`${((now() - began) / 1000).toFixed(1).padStart(6)} s  ${what}`);
}
