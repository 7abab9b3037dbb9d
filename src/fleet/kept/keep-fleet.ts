import type { ObjectStore } from '../../aws/object-store.ts';
import { keptFleetRun } from '../../contract/layout.ts';
import { FanfleetError } from '../../errors.ts';
import type { FleetOrder } from '../fleet-order.ts';
import { type LaunchedFleet, type LaunchOptions, launchFleet } from '../launch.ts';
import { deleteTemplates } from '../launch-template.ts';
import { type HostVariables, hostVariables } from '../variables.ts';
import { keptFiles, readKeptFleet } from './files.ts';
import type { KeptFleet } from './kept-fleet.ts';

export interface KeepOptions
  extends Pick<HostVariables, 'region' | 'endpoint' | 'bundle'>,
    Omit<LaunchOptions, 'run' | 'round' | 'variables'> {
  readonly store: ObjectStore;
  readonly fleet: KeptFleet;
}

/**
 * Start a fleet that is kept. Its record is there before it is: so it is found even if the launch fails half-way.
 *
 * @throws FanfleetError as `launchFleet`
 */
export async function keepFleet(options: KeepOptions): Promise<LaunchedFleet> {
  const { store, fleet, region, endpoint, bundle, ...launching } = options;
  const isNew = await store.putNew(keptFiles.fleet(fleet.id), { ...fleet, bundleKey: bundle.key });
  if (!isNew) await expectSameLaunch(store, fleet);
  const order = orderOf(fleet);
  const launched = await launchFleet({
    ...launching,
    run: order,
    round: 0,
    variables: keptVariables({ fleet, region, endpoint, bundle }),
  });
  // A kept fleet does not grow: nothing is launched from them any more, and nothing has to remember them.
  await deleteTemplates(launching.ec2, fleet.stage, order.runId, 0);
  return launched;
}

/** The header of the user data of a kept fleet: what it has to do comes with each job. */
export function keptVariables({
  fleet,
  ...hosts
}: Pick<KeepOptions, 'fleet' | 'region' | 'endpoint' | 'bundle'>): Record<string, string> {
  const { runsBucket, engine, swap, models, deadline } = fleet;
  return {
    ...hostVariables({
      ...hosts,
      fleet: { ...orderOf(fleet), runsBucket, engine, swap },
      models,
      round: 0,
      deadline,
    }),
    FANFLEET_FLEET: fleet.id,
    FANFLEET_IDLE_S: String(fleet.idle),
  };
}

/** What is launched, and by what its instances are found. */
export function orderOf(fleet: KeptFleet): FleetOrder {
  const { stage, id, workers, instanceType, instanceTypes, market } = fleet;
  return { stage, runId: keptFleetRun(id), workers, instanceType, instanceTypes, market };
}

/** Another try of the same launch finds its own record. */
async function expectSameLaunch(store: ObjectStore, { id, name, startedAt }: KeptFleet): Promise<void> {
  const found = await readKeptFleet(store, id);
  if (found?.fleet.startedAt === startedAt) return;
  const message = `Expected no fleet ${id} yet but there is one: start ${name} once more, which is the next life of it.`;
  throw new FanfleetError('FLEET_EXISTS', message, { source: 'user' });
}
