import type { ArmRound, RunFacts } from '../aggregate/run-facts.ts';
import type { InstanceLife } from '../fleet/instance-life.ts';
import { ROOT_VOLUME_GIB } from '../fleet/root-volume.ts';
import { instancePrice, type Prices } from '../prices/prices.ts';
import { putsPerBatch } from '../workloads/facts.ts';
import { calls, LOG_BYTES_PER_CALL } from './functions.ts';
import { batchesFor, fleetRequests, inputGets, itemPuts } from './requests.ts';
import { mapsOf } from './stages.ts';
import { classShares, readsOf } from './storage-classes.ts';
import { TRANSITIONS } from './transitions.ts';
import type { FleetUsage, InstanceUsage } from './usage.ts';
import { STORED_DAYS } from './usage.ts';

/** A resumed run with nothing left to do: launch-fleet reads the plan, and writes that there were no instances. */
const REQUESTS_WITHOUT_FLEET = { lists: 0, gets: 1, puts: 1 };

/**
 * What the fleet arm used in a round, from the lives of its instances; or would have used for another number of items
 * like these with the same fleet: it boots and ends once, and works as much longer as there are more items.
 *
 * @param prices tell how many cores a type has: time in which a host was not watched counts as busy on all of them
 * @param items @default those of the round, as measured
 * @returns null where nobody wrote down the lives of the instances
 */
export function fleetUsage(
  run: RunFacts,
  round: ArmRound,
  prices: Prices,
  items?: number,
): FleetUsage | null {
  const { instances, use, work } = round;
  if (instances === null) return null;
  const factor = items === undefined ? 1 : items / Math.max(1, round.items);
  const moreMs = workMs(round) * (factor - 1);
  const itemGets = (use?.gets ?? 0) * factor;
  const spans = work?.spans ?? 0;
  const { name } = run.request.workload;
  const { isStaged, maps, reduces } = mapsOf(round);
  const ofOneMap = items === undefined ? run.plan.batches : batchesFor(run, items);
  const batches = items === undefined ? spans : maps * ofOneMap;
  const lives = instances.map((life) => instanceUsage(life, round, prices, moreMs));
  const requests =
    lives.length === 0
      ? REQUESTS_WITHOUT_FLEET
      : fleetRequests({
          batches,
          engineMs: engineMs(round) + moreMs,
          instances: lives,
          workerStarts: round.fleet?.workerStarts?.length ?? 0,
          lookedForJobsMs: lookedForJobsMs(round, instances),
          staged: isStaged ? { stages: reduces, batches: ofOneMap } : null,
        });
  return {
    instances: lives,
    // Without one an instance could not reach what it installs: the subnets give it (resources/vpc.yml).
    publicIps: lives.length,
    stateTransitions: TRANSITIONS.fleetBranch,
    functions: [
      calls('launchFleet', run.environment, launchMs(round, instances)),
      calls('terminateFleet', run.environment, terminateMs(round)),
    ],
    s3: {
      lists: requests.lists,
      gets: itemGets + requests.gets + inputGets(name, work?.workerCount ?? 0, isStaged ? maps : null),
      puts: putsPerBatch(name) * batches + itemPuts(run.request, round) * factor + requests.puts,
      storedBytes: (use?.storedBytes ?? 0) * factor,
      storedDays: STORED_DAYS,
      readBytes: round.bytes * factor,
      classes: readsOf(classShares(run.plan.storageClasses), itemGets, round.bytes * factor),
    },
    logBytes: 2 * LOG_BYTES_PER_CALL,
    kmsRequests: kmsRequests(round, lives.length),
  };
}

/** The secret is written once and read by each instance; of a kept fleet, that of the run by the head alone. */
function kmsRequests({ fleet }: ArmRound, instances: number): number {
  if (instances === 0) return 0;
  return fleet?.kept ? 2 : 1 + instances;
}

function instanceUsage(
  { instanceId, role, type, market, launchedAt, endedAt, idleBeforeMs }: InstanceLife,
  { hosts }: ArmRound,
  prices: Prices,
  moreMs: number,
): InstanceUsage {
  const runningMs = endedAt - launchedAt;
  const { cpuTime = null, utilisation = null } = hosts.find((host) => host.instanceId === instanceId) ?? {};
  const share = idleBeforeMs === undefined ? {} : { idleBeforeMs };
  const usage = { role, type, market, ...share, runningMs: runningMs + moreMs, volumeGib: ROOT_VOLUME_GIB };
  if (cpuTime === null) return { ...usage, cpuMs: null };
  const { vcpus } = instancePrice(prices, type);
  // While it had nothing to do it was watched, too, but its samples may come late: then they are no work.
  const unwatchedMs = idleBeforeMs === undefined ? Math.max(0, runningMs - cpuTime.watchedMs) : 0;
  // While the engine ran; of a host of which that is not known, while it was watched.
  const coresAtWork =
    utilisation === null ? cpuTime.cpuMs / cpuTime.watchedMs : utilisation.cpuMean * utilisation.cpus;
  return { ...usage, cpuMs: cpuTime.cpuMs + unwatchedMs * vcpus + moreMs * coresAtWork };
}

/** How long the head of a kept fleet looked for jobs: all the time, also while it has one. */
function lookedForJobsMs({ fleet }: ArmRound, instances: readonly InstanceLife[]): number {
  const head = instances.find(({ role }) => role === 'head');
  if (!fleet?.kept || head === undefined) return 0;
  return head.endedAt - head.launchedAt + (head.idleBeforeMs ?? 0);
}

/** The time that more items make longer: without the first batches' wait for their processes. */
function workMs({ windowStartMs, windowEndMs, phases, overhead }: ArmRound): number {
  const startMs = (phases?.coldStart ?? 0) + (overhead?.idleAtStart ?? 0);
  return Math.max(0, (windowEndMs ?? 0) - (windowStartMs ?? 0) - startMs);
}

function engineMs({ fleet }: ArmRound): number {
  return fleet?.engineStartedAt ? Math.max(0, fleet.engineEndedAt - fleet.engineStartedAt) : 0;
}

/** From the begin of the arm to the last instance that was there when the job began: then the function is done. */
function launchMs({ startedAt, fleet }: ArmRound, instances: readonly InstanceLife[]): number {
  if (startedAt !== null && fleet?.kept) return Math.max(0, fleet.kept.submittedAt - startedAt);
  const until = fleet?.jobStartedAt ?? Number.POSITIVE_INFINITY;
  const launched = instances.map(({ launchedAt }) => launchedAt).filter((at) => at <= until);
  return startedAt === null || launched.length === 0 ? 0 : Math.max(...launched) - startedAt;
}

/** From the end of the engine to that of the arm: the function waits until all are gone. */
function terminateMs({ endedAt, fleet }: ArmRound): number {
  return endedAt === null || !fleet?.engineEndedAt ? 0 : endedAt - fleet.engineEndedAt;
}
