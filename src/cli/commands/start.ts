import { SAMPLE_KINDS } from '../../dataset/sample-kinds.ts';
import { type Aws, type Context, connect, expectLocal } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
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
  await upCommand(context, {});
  step('offline AWS up');
  await deployCommand(context);
  step('stack deployed');
  if (options.images !== undefined || options.request.prefix !== undefined)
    return runCommand(context, options);

  const aws = await connect(context);
  const fleets = new KeptFleets(context, aws, 'start');
  try {
    return await runOverSamples(context, aws, fleets, options, step);
  } finally {
    await fleets.end();
  }
}

async function runOverSamples(
  context: Context,
  aws: Aws,
  fleets: KeptFleets,
  options: RunOptions,
  step: (what: string) => void,
) {
  const { io } = context;
  // It boots while the samples are made and put there, and does both runs.
  const request = canKeep(options.request)
    ? await onKeptFleet({ ...options.request, prefix: '' }, fleets)
    : options.request;
  for (const kind of SAMPLE_KINDS) {
    const { folder, images } = await sample(context, kind);
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

/** Whether one fleet will do for both samples: it does not grow, and there is to be one. */
function canKeep({ arms = ['fleet'], fleet, workersMax }: RunOptions['request']): boolean {
  return arms.includes('fleet') && fleet === undefined && workersMax === undefined;
}

/** The first outcome that is not fine. */
function worst(codes: readonly ExitCode[]): ExitCode {
  return codes.find((code) => code !== EXIT.OK) ?? EXIT.OK;
}

/** Notes each step with the seconds it took. */
function stepTimer(note: (text: string) => void, now: () => number): (what: string) => void {
  let last = now();
  return (what) => {
    note(`${((now() - last) / 1000).toFixed(1).padStart(6)} s  ${what}`);
    last = now();
  };
}
