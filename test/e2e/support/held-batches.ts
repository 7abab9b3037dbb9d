import { setTimeout as sleep } from 'node:timers/promises';
import { hostControl } from '../../../localstack/ec2/control-client.ts';
import { readState } from '../../../localstack/offline.ts';
import { type ConnectedStack, liveInstances } from '../../../scripts/own-stack/stack.ts';
import { keptFleetRun } from '../../../src/contract/layout.ts';
import { describeKeeping } from '../../../src/fleet/kept/keeping.ts';
import { describeRun } from '../../../src/run/start.ts';
import { noNamespaces } from '../../support/namespace-hosts.ts';

/** The files of all batches of a fleet but the first ten. */
const LATER = /\/fleet\/round-\d+\/(results|spans)\/0*[1-9]\d+\.json/;
/** What is enough for later batches where they are held, and where they are not. */
const FEW_IMAGES = 90;
const MANY_IMAGES = 1_000;
/** So many images that some are left of a run in small batches when it is struck. */
export const IMAGES_TO_HOLD = noNamespaces === undefined ? FEW_IMAGES : MANY_IMAGES;
/** Hosts take seconds to boot. */
const POLL_MS = 200;

/**
 * Keep a fleet from finishing a run: none but its first ten batches can be done, however fast the machine is. Where
 * hosts have no namespaces nothing is held, and a run has to be long enough.
 *
 * @param runId of the run, or `keptFleetRun` of a kept fleet; its hosts may be still to come
 * @param hosts how many it has, with its head
 * @returns what lets its hosts go on, those that are there by then
 * @throws Error if it ends before it has so many
 */
export async function holdLaterBatches(
  stack: ConnectedStack,
  runId: string,
  hosts: number,
): Promise<() => Promise<void>> {
  if (noNamespaces !== undefined) return async () => {};
  const control = hostControl(`http://127.0.0.1:${(await readState(stack.home))?.ec2Port}`);
  const held = new Set<string>();
  while (held.size < hosts) {
    for (const { InstanceId = '' } of await liveInstances(stack, runId)) {
      if (!held.has(InstanceId)) await control.hold(InstanceId, LATER);
      held.add(InstanceId);
    }
    if (held.size < hosts) await expectRunning(stack, runId);
    await sleep(POLL_MS);
  }
  return async () => {
    const live = await liveInstances(stack, runId);
    await Promise.all(live.map(({ InstanceId = '' }) => control.hold(InstanceId, null)));
  };
}

/** Nothing else comes of a launch that has failed. */
async function expectRunning({ sfn, stack }: ConnectedStack, runId: string): Promise<void> {
  const folder = keptFleetRun('');
  const { status, cause } = await (runId.startsWith(folder)
    ? describeKeeping(sfn, stack, runId.slice(folder.length))
    : describeRun(sfn, stack, runId));
  if (status !== 'RUNNING')
    throw new Error(`${runId} ended as ${status} before its hosts were held: ${cause}`);
}
