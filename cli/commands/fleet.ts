import { setTimeout as sleep } from 'node:timers/promises';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { FanfleetError } from '../../src/errors.ts';
import { type KeptFleetView, keptFleetIds, readKeptFleet } from '../../src/fleet/kept/files.ts';
import { describeKeeping, endAfterJobs, endNow, startKeptFleet } from '../../src/fleet/kept/keeping.ts';
import type { KeptFleetInput } from '../../src/fleet/kept/kept-fleet.ts';
import { duration } from '../../src/format.ts';
import { type Aws, type Context, connect } from '../context.ts';
import { hasModels, installEngine, installModels } from '../engine-packages.ts';
import { LOCAL } from '../stage.ts';
import { type FleetRow, fleetsText, rowOf } from './fleet-text.ts';
import { runFailed } from './run.ts';

const POLL_MS = 250;

/** Start a fleet that is kept, and wait until it is ready unless `detach`. */
export async function fleetStartCommand(
  context: Context,
  name: string,
  { input, detach }: { readonly input: KeptFleetInput; readonly detach: boolean },
) {
  const aws = await connect(context);
  await installEngine(context, input.engine);
  if (input.models === true) await installModels(context);
  // Where it is installed here, hosts of the offline AWS have it anyway.
  const models = input.models ?? (context.stage === LOCAL && (await hasModels(context)));
  const id = await startKeptFleet(aws.sfn, aws.stack, storeOf(aws), name, { ...input, models });
  if (detach) return { json: { name, id }, text: id };
  const begun = performance.now();
  await untilReady(context, aws, id);
  const ms = performance.now() - begun;
  const text = `The fleet ${name} is ready after ${duration(ms)}; \`fanfleet run --fleet ${name}\` uses it, \`fanfleet fleet stop ${name}\` ends it.`;
  return { json: { name, id, readyMs: Math.round(ms) }, text };
}

/** The fleets that are kept; with `all` those that have ended, too. */
export async function fleetListCommand(context: Context, { all }: { readonly all: boolean }) {
  const aws = await connect(context);
  const store = storeOf(aws);
  const rows: FleetRow[] = [];
  for (const id of await keptFleetIds(store)) {
    const view = await readKeptFleet(store, id);
    if (view !== null && (all || view.end === null)) rows.push(rowOf(view, Date.now()));
  }
  return { json: { fleets: rows }, text: fleetsText(rows) };
}

/** End a kept fleet: when its jobs are done, or now. */
export async function fleetStopCommand(context: Context, name: string, { now }: { readonly now: boolean }) {
  const aws = await connect(context);
  const id = (await keptFleetIds(storeOf(aws), name)).at(-1);
  if (id === undefined) {
    const message = `Expected a kept fleet ${name} but there is none; \`fanfleet fleet list\` shows them.`;
    throw new FanfleetError('FLEET_NOT_FOUND', message, { source: 'user' });
  }
  await stopFleet(context, aws, id, now);
  return { json: { name, id }, text: `The fleet ${name} has ended; nothing is left of it.` };
}

/** @param now whether the jobs that it has are left undone */
export async function stopFleet(context: Context, aws: Aws, id: string, now: boolean): Promise<void> {
  const { sfn, lambda, stack } = aws;
  const { status } = await describeKeeping(sfn, stack, id);
  if (now || status !== 'RUNNING') return endNow(sfn, lambda, stack, id);
  await endAfterJobs(lambda, stack, id);
  for (;;) {
    const keeping = await describeKeeping(sfn, stack, id);
    if (keeping.status !== 'RUNNING') return;
    context.io.progress(`waiting for ${id} to do what it has …`);
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
}

/** Wait until a fleet can be given jobs. @throws FanfleetError what it ended with before that */
export function untilThere(context: Context, aws: Aws, id: string): Promise<void> {
  return until(context, aws, id, (view) => view !== null);
}

/** Wait until a fleet has booted. @throws FanfleetError what it ended with before that */
export function untilReady(context: Context, aws: Aws, id: string): Promise<void> {
  return until(context, aws, id, (view) => view?.state != null);
}

async function until(
  context: Context,
  aws: Aws,
  id: string,
  isSo: (view: KeptFleetView | null) => boolean,
): Promise<void> {
  const store = storeOf(aws);
  for (;;) {
    const keeping = await describeKeeping(aws.sfn, aws.stack, id);
    if (keeping.status !== 'RUNNING') throw runFailed(keeping);
    if (isSo(await readKeptFleet(store, id))) return;
    context.io.progress(`${id} boots …`);
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
}

function storeOf({ s3, stack }: Aws): ObjectStore {
  return new ObjectStore(s3, stack.runsBucket);
}
