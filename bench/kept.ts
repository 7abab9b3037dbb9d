/**
 * Where the time of a run on a kept fleet goes beside its processing: some runs of each engine, and a table of their steps.
 *
 * node bench/kept.ts                         all engines, two workers, five runs and one before them
 * node bench/kept.ts --engine ray,dask       some
 * node bench/kept.ts --runs 3 --prefix digits/
 * node bench/kept.ts --markdown FILE         the table in a file too
 *
 * It deploys a stack of its own and ends it, unless --home names one that is up and has the samples.
 */
import { writeFile } from 'node:fs/promises';
import { argv, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { GetExecutionHistoryCommand } from '@aws-sdk/client-sfn';
import { cliJson } from '../scripts/own-stack/cli.ts';
import { onOwnStack } from '../scripts/own-stack/deploy.ts';
import {
  type ConnectedStack,
  connectStack,
  readSummary,
  startExecution,
  waitForEnd,
} from '../scripts/own-stack/stack.ts';
import { type Engine, engineSchema } from '../src/contract/engines.ts';
import { layout } from '../src/contract/layout.ts';
import { spanSchema } from '../src/contract/span.ts';
import { fleetInfoSchema } from '../src/fleet/arm-info.ts';
import { type KeptRun, type KeptRuns, keptTable } from './kept-table.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    engine: { type: 'string', default: engineSchema.options.join(',') },
    workers: { type: 'string', default: '2' },
    runs: { type: 'string', default: '5' },
    prefix: { type: 'string', default: 'photos/' },
    markdown: { type: 'string' },
    home: { type: 'string' },
  },
});
const engines = values.engine.split(',').map((name) => engineSchema.parse(name));
const all =
  values.home === undefined
    ? await onOwnStack('kept', ['photos', 'digits'], runAll)
    : await runAll(values.home);
const text = keptTable(all);
stdout.write(text);
if (values.markdown !== undefined) await writeFile(values.markdown, text);

async function runAll(home: string): Promise<KeptRuns[]> {
  const stack = await connectStack(home);
  const measured: KeptRuns[] = [];
  for (const engine of engines) measured.push(await runsOf(stack, engine));
  return measured;
}

async function runsOf(stack: ConnectedStack, engine: Engine): Promise<KeptRuns> {
  const fleet = `bench-${engine}`;
  await cliJson(stack.home, ['fleet', 'start', fleet, '--engine', engine, '--workers', values.workers]);
  try {
    const runs: KeptRun[] = [];
    for (let run = 0; run <= Number(values.runs); run += 1) runs.push(await runOn(stack, fleet));
    stderr.write(`kept: ${engine} is measured\n`);
    return { engine, runs };
  } finally {
    await cliJson(stack.home, ['fleet', 'stop', fleet, '--now']);
  }
}

async function runOn(stack: ConnectedStack, fleet: string): Promise<KeptRun> {
  const input = { prefix: values.prefix, arms: ['fleet'], baseline: false, fleet };
  const runId = await startExecution(stack, input);
  const { status, cause, arn, startedAt, endedAt } = await waitForEnd(stack, runId);
  if (status !== 'SUCCEEDED' || endedAt === null)
    throw new Error(`Expected the run ${runId} on ${fleet} to succeed but it is ${status}: ${cause}`);
  const info = fleetInfoSchema.parse(await stack.runs.getJson(layout.armInfo(runId, 'fleet', 0)));
  if (info.kept === undefined) throw new Error(`Expected ${runId} to be on ${fleet} but it was not`);
  const spans = [];
  for await (const { key } of stack.runs.list(layout.spans(runId, 'fleet', 0)))
    spans.push(spanSchema.parse(await stack.runs.getJson(key)));
  const arm = (await readSummary(stack, runId)).rounds[0]?.arms[0];
  return {
    ...{ startedAt, endedAt, entered: await entered(stack, arn) },
    armStartedAt: arm?.startedAt ?? Number.NaN,
    armEndedAt: arm?.endedAt ?? Number.NaN,
    submittedAt: info.kept.submittedAt,
    takenAt: info.kept.takenAt,
    engineEndedAt: info.engineEndedAt,
    jobEndedAt: info.kept.endedAt,
    firstBatchAt: Math.min(...spans.map((span) => span.startedAt)),
    lastBatchAt: Math.max(...spans.map((span) => span.endedAt)),
  };
}

async function entered({ sfn }: ConnectedStack, executionArn: string): Promise<Map<string, number>> {
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  return new Map(
    events.map((event) => [
      event.stateEnteredEventDetails?.name ?? '',
      event.timestamp?.getTime() ?? Number.NaN,
    ]),
  );
}
