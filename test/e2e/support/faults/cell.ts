import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { CREDENTIALS, REGION, readState } from '../../../../localstack/offline.ts';
import { planSchema } from '../../../../src/dataset/manifest.ts';
import { type FleetInfo, fleetInfoSchema } from '../../../../src/fleet/arm-info.ts';
import { statesOf, type WorkerState, workerStatesSchema } from '../../../../src/fleet/worker-states.ts';
import { layout } from '../../../../src/run/layout.ts';
import type { Engine, RequestInput } from '../../../../src/run/request.ts';
import { describeRun, type Execution, stopRun } from '../../../../src/run/start.ts';
import { hostControl } from '../../../support/host-control.ts';
import { type ConnectedStack, liveInstances, readRows, startExecution, waitForEnd } from '../stack.ts';
import type { Fault } from './fault.ts';
import { idOf, UNDISTURBED, WORKER_CPUS } from './faults.ts';
import { leftOf } from './left.ts';
import { removeRun } from './photographs.ts';
import { SpanWatch } from './span-watch.ts';

const POLL_MS = 200;
/** Batches that are done when a fault strikes. */
const STRIKE_AFTER = 3;
/** What a run may take beyond the deadline of its fleet, to boot it and to end it. */
const MARGIN_MS = 60_000;

export interface CellOptions {
  readonly stack: ConnectedStack;
  readonly engine: Engine;
  readonly fault: Fault;
  readonly request: RequestInput;
  /** Seconds after which the fleet has failed. */
  readonly fleetDeadline: number;
}

/** What became of one run, or of two where the first one had to fail. */
export interface Outcome {
  readonly runId: string;
  readonly status: Execution['status'];
  /** Of the fleet, as its head told it. */
  readonly error: string | null;
  /** All rows as their text, of the resumed run where there is one. */
  readonly rows: string;
  readonly seconds: number;
  /** Batches whose work was done more than once. */
  readonly doneAgain: number;
  /** How often the head started the engine. */
  readonly attempts: number | null;
  readonly victimState: WorkerState | null;
  /** What is left of the hosts. */
  readonly left: readonly string[];
  /** The run that went on with it. */
  readonly resumed: Outcome | null;
}

/** The head, the worker that a fault strikes, and the other one. */
type Hosts = readonly [head: Instance, victim: Instance, other: Instance];

/**
 * Run an engine on two workers, strike in the middle of the work, and see what becomes of it. Whatever happens, nothing
 * of the run is left when this returns.
 *
 * @throws Error if it never comes so far that the fault can strike, or if it hangs beyond every deadline
 */
export async function runCell(options: CellOptions): Promise<Outcome> {
  const { stack, fault, request, engine, fleetDeadline } = options;
  const input: RequestInput = {
    ...request,
    engine,
    arms: ['fleet'],
    workers: 2,
    baseline: false,
    fleetDeadline,
  };
  const first = await disturbed(options, { ...input, ...fault.request });
  if (fault.run !== 'fails') return first;
  const resumed = await disturbed({ ...options, fault: UNDISTURBED }, { ...input, resume: first.runId });
  await removeRun(stack, first.runId);
  return { ...first, rows: resumed.rows, seconds: first.seconds + resumed.seconds, resumed };
}

async function disturbed(options: CellOptions, input: RequestInput): Promise<Outcome> {
  const { stack, fault } = options;
  const runId = await startExecution(stack, input);
  const spans = new SpanWatch(stack, runId);
  spans.start();
  try {
    const hosts = await launched(stack, runId);
    // What is left for a run that resumes another may be over before anybody has looked.
    if (input.resume === undefined) await strike(options, runId, hosts, spans);
    const execution = await endOf(options, runId);
    await spans.stop();
    const outcome = await outcomeOf(options, execution, hosts, spans);
    if (fault.run !== 'fails') await removeRun(stack, runId);
    return outcome;
  } catch (reason) {
    await spans.stop();
    await stop(stack, runId);
    throw reason;
  }
}

/** @throws Error if all is done before it could: then the outcome would prove nothing */
async function strike(
  { stack, engine, fault }: CellOptions,
  runId: string,
  [head, victim, other]: Hosts,
  spans: SpanWatch,
): Promise<void> {
  const control = hostControl(`http://127.0.0.1:${(await readState(stack.home))?.ec2Port}`);
  const strikeNow = () => fault.strike({ stack, control, engine, head, victim });
  if (fault.strikes === 'launch') await strikeNow();
  const expected = fault.strikes === 'launch' ? [other] : [victim, other];
  await until(stack, runId, `${expected.length} workers to join`, async () => {
    const states = await statesOfWorkers(stack, runId, expected);
    return states.every((state) => state === 'ALIVE');
  });
  for (const worker of expected) await control.cpus(idOf(worker), fault.cpus ?? WORKER_CPUS);
  if (fault.strikes === 'launch') return;
  await until(stack, runId, `${STRIKE_AFTER} batches`, async () => spans.done >= STRIKE_AFTER);
  await strikeNow();
  const { batches } = planSchema.parse(await stack.runs.getJson(layout.plan(runId)));
  if (spans.done >= batches)
    throw new Error(`Expected some of ${batches} batches to be left but all are done.`);
}

async function launched(stack: ConnectedStack, runId: string): Promise<Hosts> {
  let hosts: Instance[] = [];
  await until(stack, runId, 'three hosts', async () => {
    hosts = await liveInstances(stack, runId);
    return hosts.length === 3 && hosts.every(({ State }) => State?.Name === 'running');
  });
  const isHead = ({ Tags = [] }: Instance) =>
    Tags.some(({ Key, Value }) => Key === 'fanfleet:role' && Value === 'head');
  return hosts.toSorted((a, b) => Number(isHead(b)) - Number(isHead(a))) as unknown as Hosts;
}

async function until(
  stack: ConnectedStack,
  runId: string,
  what: string,
  isSo: () => Promise<boolean>,
): Promise<void> {
  while (!(await isSo())) {
    const { status } = await describeRun(stack.sfn, stack.stack, runId);
    if (status !== 'RUNNING') {
      const said = (await fleetInfo(stack, runId))?.error?.message ?? 'its head said nothing';
      throw new Error(`Expected ${what} but the run ended before, as ${status}: ${said}`);
    }
    await sleep(POLL_MS);
  }
}

/** The end of the run, by itself: every deadline has to hold without help. */
async function endOf({ stack, fleetDeadline }: CellOptions, runId: string): Promise<Execution> {
  const limit = AbortSignal.timeout(2 * fleetDeadline * 1_000 + MARGIN_MS);
  const { promise, reject } = Promise.withResolvers<never>();
  limit.addEventListener('abort', () => reject(new Error('Expected the run to end by its deadline.')));
  return Promise.race([waitForEnd(stack, runId), promise]);
}

async function outcomeOf(
  { stack }: CellOptions,
  execution: Execution,
  hosts: Hosts,
  spans: SpanWatch,
): Promise<Outcome> {
  const { runId, status, startedAt, endedAt } = execution;
  const info = await fleetInfo(stack, runId);
  const [victimState = null] = await statesOfWorkers(stack, runId, [hosts[1]]);
  return {
    runId,
    status,
    error: info?.error ? `${info.error.code}: ${info.error.message}` : null,
    rows: await readRows(stack, runId, 'fleet'),
    seconds: ((endedAt ?? startedAt) - startedAt) / 1_000,
    doneAgain: spans.doneAgain,
    attempts: info === null ? null : Number(info.settings.attempts),
    victimState,
    left: await leftOf(stack, runId, hosts),
    resumed: null,
  };
}

/** What the head told of the fleet; null if it did not come to that. */
async function fleetInfo({ runs }: ConnectedStack, runId: string): Promise<FleetInfo | null> {
  const told = await runs.getJson(layout.armInfo(runId, 'fleet', 0)).catch(() => null);
  return told === null ? null : fleetInfoSchema.parse(told);
}

/** What the engine said last of each. */
async function statesOfWorkers(
  { runs }: ConnectedStack,
  runId: string,
  workers: readonly Instance[],
): Promise<(WorkerState | null)[]> {
  const told = await runs.getJson(layout.workerStates(runId, 0)).catch(() => ({ changes: [] }));
  const states = workerStatesSchema.parse(told);
  return workers.map(({ PrivateIpAddress = '' }) => statesOf(states, PrivateIpAddress).at(-1)?.state ?? null);
}

/** End a run that did not go as planned, and its fleet. */
async function stop({ home, sfn, stack }: ConnectedStack, runId: string): Promise<void> {
  const endpoint = `http://127.0.0.1:${(await readState(home))?.port}`;
  await stopRun(sfn, new LambdaClient({ region: REGION, credentials: CREDENTIALS, endpoint }), stack, runId);
}
