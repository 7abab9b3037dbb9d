/**
 * Where the time of a boot goes: each engine once on a fleet of its own on local hosts, and a table of its steps.
 *
 * node bench/boots.ts                          all engines, two workers, as many cores a host as its instance type has
 * node bench/boots.ts --engine ray,dask        some
 * node bench/boots.ts --workers 4 --cpus 0.5   so many hosts with so much of a core each
 * node bench/boots.ts --markdown FILE          the tables in a file too
 *
 * It deploys a stack of its own and ends it, unless --home names one that is up. docs/performance.md has its tables.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { GetExecutionHistoryCommand } from '@aws-sdk/client-sfn';
import { cliJson } from '../scripts/own-stack/cli.ts';
import { onOwnStack } from '../scripts/own-stack/deploy.ts';
import { type ConnectedStack, connectStack, startExecution, waitForEnd } from '../scripts/own-stack/stack.ts';
import { type Engine, engineSchema } from '../src/contract/engines.ts';
import { layout } from '../src/contract/layout.ts';
import { type Span, spanSchema } from '../src/contract/span.ts';
import { type FleetInfo, fleetInfoSchema } from '../src/fleet/arm-info.ts';
import { type Boot, bootTable, bootTotals, type StateEntered } from './boot-table.ts';

/** Small ones: what is measured is over when the first batches begin. */
const IMAGES = 800;

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    engine: { type: 'string', default: engineSchema.options.join(',') },
    workers: { type: 'string', default: '2' },
    cpus: { type: 'string' },
    markdown: { type: 'string' },
    home: { type: 'string' },
  },
});
const engines = values.engine.split(',').map((name) => engineSchema.parse(name));
const limits = values.cpus === undefined ? {} : { FANFLEET_HOST_CPUS: values.cpus };
const boots =
  values.home === undefined ? await onOwnStack('boots', [], bootAll, limits) : await bootAll(values.home);
const text = [bootTotals(boots), ...boots.map((boot) => `### ${boot.engine}\n\n${bootTable(boot)}`)].join(
  '\n',
);
stdout.write(text);
if (values.markdown !== undefined) await writeFile(values.markdown, text);

async function bootAll(home: string): Promise<Boot[]> {
  await cliJson(home, ['dataset', 'sample', '--kind', 'digits', '--count', String(IMAGES)]);
  await cliJson(home, ['dataset', 'upload', join(home, 'dataset/digits'), '--prefix', 'boots/']);
  const stack = await connectStack(home);
  // The first run starts the functions: what it takes is nobody's boot.
  await boot(stack, 'grpc');
  const all: Boot[] = [];
  for (const engine of engines) all.push(await boot(stack, engine));
  return all;
}

/** One run of the fleet arm alone; what it says of itself. */
async function boot(stack: ConnectedStack, engine: Engine): Promise<Boot> {
  const input = {
    prefix: 'boots/',
    arms: ['fleet'],
    engine,
    workers: Number(values.workers),
    baseline: false,
  };
  const runId = await startExecution(stack, { ...input, batchSize: 25 });
  const execution = await waitForEnd(stack, runId);
  if (execution.status !== 'SUCCEEDED')
    throw new Error(
      `Expected the run ${runId} with ${engine} to succeed but it is ${execution.status}: ${execution.cause}`,
    );
  const info: FleetInfo = fleetInfoSchema.parse(await stack.runs.getJson(layout.armInfo(runId, 'fleet', 0)));
  const spans: Span[] = [];
  for await (const { key } of stack.runs.list(layout.spans(runId, 'fleet', 0)))
    spans.push(spanSchema.parse(await stack.runs.getJson(key)));
  stderr.write(`boots: ${engine} has booted\n`);
  return {
    engine,
    startedAt: execution.startedAt,
    endedAt: execution.endedAt ?? execution.startedAt,
    states: await statesOf(stack, execution.arn),
    info,
    spans,
  };
}

async function statesOf({ sfn }: ConnectedStack, executionArn: string): Promise<StateEntered[]> {
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  return events.flatMap(({ stateEnteredEventDetails: entered, timestamp }) =>
    entered?.name === undefined || timestamp === undefined
      ? []
      : [{ name: entered.name, at: timestamp.getTime() }],
  );
}
