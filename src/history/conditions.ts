import type { ArmRound } from '../aggregate/run-facts.ts';
import type { Summary } from '../report/summary-schema.ts';
import { workOf } from '../workloads/facts.ts';

/** What must be the same for two nights to be compared: names for people, and values that are compared as text. */
export type Conditions = Readonly<Record<string, string>>;

/** A version that is left out, since it is what the nights judge. */
const JUDGED = 'fanfleet';

/**
 * The items, the workload, the configuration and the environment of a run.
 *
 * The processor's name counts offline only: in AWS the functions meet different ones from night to night.
 *
 * @param manifestDigest SHA-256 of `manifest.json`: keys, versions and batches of the items
 */
export function conditionsOf(summary: Summary, manifestDigest: string): Conditions {
  const { request, environment } = summary;
  const rounds = summary.rounds.flatMap(({ arms }) => arms).filter(({ status }) => status === 'succeeded');
  const conditions: Record<string, string> = {
    manifest: manifestDigest,
    answer: distinct(rounds.flatMap(({ digest }) => digest ?? [])),
    // What is done, not from which run its range is: with `--scope dataset` that is another one each night.
    workload: JSON.stringify(workOf(request.workload)),
    arms: [...request.arms].sort().join(', '),
    repeats: String(request.repeats),
    schedule: request.schedule,
    offline: String(environment.offline),
    region: environment.region,
    platform: environment.platform,
    node: environment.node,
  };
  for (const arm of request.arms) {
    const own = rounds.filter((round) => round.arm === arm);
    conditions[`kernel of the ${arm} arm`] = distinct(own.flatMap(({ work }) => work?.kernels ?? []));
  }
  if (request.resume !== null) conditions['batches taken over from'] = request.resume;
  if (environment.offline) conditions.processor = `${environment.cores} x ${environment.cpuModel}`;
  for (const [name, version] of Object.entries(environment.versions)) {
    if (name !== JUDGED) conditions[`version of ${name}`] = version;
  }
  if (request.arms.includes('serverless')) {
    conditions['memory of a function'] = `${request.memory} MB`;
    conditions.concurrency = String(request.concurrency);
  }
  if (request.arms.includes('fleet')) Object.assign(conditions, fleetConditions(summary, rounds));
  return conditions;
}

/** Reasons why two nights are not to be compared; none where they are. */
export function differences(accepted: Conditions, found: Conditions): string[] {
  const names = new Set([...Object.keys(accepted), ...Object.keys(found)]);
  return [...names]
    .filter((name) => accepted[name] !== found[name])
    .map((name) => `${name}: ${shown(found[name])} instead of ${shown(accepted[name])}`);
}

function fleetConditions({ request }: Summary, rounds: readonly ArmRound[]): Record<string, string> {
  const fleets = rounds.flatMap(({ fleet }) => fleet ?? []);
  const versions = fleets.flatMap((fleet) =>
    Object.entries(fleet.versions).map(([name, version]) => `${name} ${version}`),
  );
  return {
    engine: request.engine,
    // Without a boot it is another measurement.
    ...(request.keptFleet === null ? {} : { fleet: 'kept' }),
    'workers that joined': distinct(fleets.map(({ workersJoined }) => String(workersJoined))),
    'instance types': distinct(fleets.flatMap(({ hosts }) => hosts.map(({ instanceType }) => instanceType))),
    'versions of the engine': distinct(versions),
  };
}

function distinct(values: readonly string[]): string {
  return [...new Set(values)].sort().join(', ');
}

/** Digests are cut: two that differ do so in the first digits. */
function shown(value: string | undefined): string {
  if (value === undefined || value === '') return 'nothing';
  return /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value;
}
