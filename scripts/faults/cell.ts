import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { hostControl } from '../../localstack/ec2/control-client.ts';
import { CREDENTIALS, REGION, readState } from '../../localstack/offline.ts';
import type { Engine } from '../../src/contract/engines.ts';
import { layout } from '../../src/contract/layout.ts';
import { type FleetInfo, fleetInfoSchema } from '../../src/fleet/arm-info.ts';
import { statesOf, type WorkerState, workerStatesSchema } from '../../src/fleet/worker-states.ts';
import type { RequestInput } from '../../src/run/request.ts';
import { describeRun, type Execution, stopRun } from '../../src/run/start.ts';
import {
  type ConnectedStack,
  liveInstances,
  readRows,
  startExecution,
  waitForEnd,
} from '../own-stack/stack.ts';
import type { Fault } from './fault.ts';
import { idOf, UNDISTURBED, WORKER_CPUS } from './faults.ts';
import { leftOf } from './left.ts';
import { LATER, removeRun } from './photographs.ts';
import { SpanWatch } from './span-watch.ts';

const POLL_MS = 400;
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

type Control = ReturnType<typeof hostControl>;

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
    const control = hostControl(`http://127.0.0.1:${(await readState(stack.home))?.ec2Port}`);
    const strikes = input.resume === undefined;
    const hold = strikes && fault.strikes !== 'launch' ? LATER : null;
    const hosts = await launched(stack, runId, ({ InstanceId = '' }) => control.hold(InstanceId, hold));
    // What is left for a run that resumes another may be over before anybody has looked.
    if (strikes) await strike(options, runId, hosts, spans, control);
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

/** Strike when some batches are done, and let the hosts at the others then. */
async function strike(
  { stack, engine, fault }: CellOptions,
  runId: string,
  [head, victim, other]: Hosts,
  spans: SpanWatch,
  control: Control,
): Promise<void> {
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
  await sleep(fault.heldMs ?? 0);
  for (const host of [head, victim, other]) await control.hold(idOf(host), null);
}

/** @param onSeen for each host, once, before it has booted */
async function launched(
  stack: ConnectedStack,
  runId: string,
  onSeen: (host: Instance) => Promise<unknown>,
): Promise<Hosts> {
  const seen = new Set<string>();
  let hosts: Instance[] = [];
  await until(stack, runId, 'three hosts', async () => {
    hosts = await liveInstances(stack, runId);
    for (const host of hosts.filter((each) => !seen.has(idOf(each)))) {
      await onSeen(host);
      seen.add(idOf(host));
    }
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
