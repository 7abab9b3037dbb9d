import * as z from 'zod';
import { type BucketReader, getIfPresent } from '../aws/bucket-reader.ts';
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts';
import { keptFleetRun, layout } from '../contract/layout.ts';
import { type FleetInfo, hostSchema, type KeptJob } from '../fleet/arm-info.ts';
import { cpuTime, cpuTimeSchema } from '../fleet/cpu-time.ts';
import { hostFiles, readHostReport, readWorkerStates } from '../fleet/host-files.ts';
import { parseSamples, utilisationOf, utilisationSchema } from '../fleet/samples.ts';
import { statesOf, type WorkerStates, workerStateSchema } from '../fleet/worker-states.ts';
import { byName } from '../timing/workers.ts';

/** A host of the fleet, and what it used while the engine ran. A null says: not known. */
export const hostUseSchema = z.object({
  instanceId: z.string(),
  /** Null, as address and type, for a host that never told of its boot. */
  role: hostSchema.shape.role.nullable(),
  address: z.string().nullable(),
  instanceType: z.string().nullable(),
  utilisation: utilisationSchema.nullable(),
  /** Of its whole life, as far as it was watched. */
  cpuTime: cpuTimeSchema.nullable(),
  /** What the engine said of a worker, in order of time; the head has none. */
  states: z.array(z.object({ at: z.number(), state: workerStateSchema })),
});
export type HostUse = z.infer<typeof hostUseSchema>;

export interface ReadHostsInput {
  readonly reader: Pick<BucketReader, 'get' | 'list'>;
  readonly runId: string;
  readonly round: number;
  /** Null where the head left no arm.json. */
  readonly fleet: FleetInfo | null;
  /** Of the arm, epoch milliseconds: they stand for those of the engine where it has none. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Hosts whose files are read, and held, at once. */
const CONCURRENCY = 8;

/**
 * The hosts of one round, the head first: every one that told of its boot or of what it used. Those of a kept fleet tell it
 * in the fleet's own folder, from its start on: what is of this round is cut out of it.
 */
export async function readHosts(given: ReadHostsInput): Promise<HostUse[]> {
  const kept = given.fleet?.kept;
  const input = kept === undefined ? given : { ...given, runId: keptFleetRun(kept.id), round: 0 };
  const { reader, runId, round } = input;
  const [reports, metrics, states] = await Promise.all([
    hostFiles(reader, layout.hosts(runId, round)),
    hostFiles(reader, layout.metrics(runId, round)),
    readWorkerStates(reader, runId, round),
  ]);
  const hosts: HostUse[] = [];
  await forEachConcurrent(new Set([...reports.keys(), ...metrics.keys()]), CONCURRENCY, async (id) => {
    hosts.push(await readHost(input, id, states));
  });
  const there = kept === undefined ? hosts : hosts.filter((host) => wasThere(host, kept));
  return there.sort((a, b) => order(a.role) - order(b.role) || byName(nameOf(a), nameOf(b)));
}

async function readHost(input: ReadHostsInput, instanceId: string, states: WorkerStates): Promise<HostUse> {
  const { reader, runId, round, fleet } = input;
  const report = await readHostReport(reader, runId, round, instanceId);
  const log = await getIfPresent(reader, `${layout.metrics(runId, round)}${instanceId}.jsonl`);
  const samples = log === null ? [] : parseSamples(log.toString('utf8'));
  const kept = fleet?.kept;
  const since = kept?.idleSince ?? 0;
  // A head that fails before it starts the engine leaves a 0.
  const from = fleet?.engineStartedAt || input.startedAt;
  const to = fleet?.engineEndedAt || input.endedAt;
  return {
    instanceId,
    role: report?.role ?? null,
    address: report?.address ?? null,
    instanceType: report?.instanceType ?? null,
    utilisation: utilisationOf(samples, from, to),
    cpuTime: cpuTime(
      kept === undefined ? samples : samples.filter(({ at }) => at > since && at <= kept.endedAt),
    ),
    states: report?.role === 'worker' ? statesFrom(kept, statesOf(states, report.address)) : [],
  };
}

/** Changes during a job, and what was the case when it was taken. */
function statesFrom(kept: KeptJob | undefined, states: HostUse['states']): HostUse['states'] {
  if (kept === undefined) return states;
  const before = states.findLastIndex(({ at }) => at <= kept.takenAt);
  return states.slice(Math.max(0, before)).filter(({ at }) => at <= kept.endedAt);
}

/** A worker that was lost before a job has no part in it. */
function wasThere({ role, states, utilisation }: HostUse, { takenAt }: KeptJob): boolean {
  if (role !== 'worker' || states.length === 0) return utilisation !== null || role === 'head';
  return states.some(({ at, state }) => at > takenAt || state === 'ALIVE');
}

function order(role: HostUse['role']): number {
  return role === null ? 2 : ['head', 'worker'].indexOf(role);
}

function nameOf({ address, instanceId }: HostUse): string {
  return address ?? instanceId;
}
