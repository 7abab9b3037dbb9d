import { isDeepStrictEqual } from 'node:util';
import { ENGINES } from '../../contract/engines.ts';
import { FanfleetError } from '../../errors.ts';
import { invalidInput, problemOf } from '../../invalid-input.ts';
import { runsModel, WORKLOAD_NAMES } from '../../workloads/names.ts';
import { type KeptFleetReader, type KeptFleetView, keptFleetIds, readKeptFleet } from './files.ts';
import type { LaunchedKeptFleet } from './kept-fleet.ts';

/** The kept fleet that a run is for: its name, and which life of it. */
export interface JoinedFleet {
  readonly name: string;
  readonly id: string;
}

/** What is to become of an execution input. */
export interface Joining {
  readonly input: unknown;
  /** Null where the input names no fleet. */
  readonly joined: JoinedFleet | null;
  /** Seconds without a heartbeat after which the head counts as lost; null for those of the stage. */
  readonly heartbeat: number | null;
}

/** A head that has booted sends one every 5 s. */
const HEARTBEAT_S = 30;

/** Fields of a run that are those of its kept fleet. */
const FIELDS = ['engine', 'workers', 'instanceTypes', 'market', 'swap'] as const;

/**
 * The execution input of a run for a kept fleet, with what that fleet is. What the input says of it must agree.
 *
 * @param version of fanfleet, as it is deployed
 * @throws FanfleetError `FLEET_NOT_FOUND`, `FLEET_ENDED`, `FLEET_OUTDATED`, `FLEET_WITHOUT_MODELS`, `INVALID_INPUT` that names each field which differs
 */
export async function joinKeptFleet(
  input: unknown,
  store: KeptFleetReader,
  version: string,
): Promise<Joining> {
  // What is no name of a fleet is refused with all other problems of the input.
  if (!isInputWithFleet(input)) return { input, joined: null, heartbeat: null };
  const { fleet: name } = input;
  const { fleet, state } = await latestFleet(store, name);
  if (fleet.version !== version) {
    throw new FanfleetError(
      'FLEET_OUTDATED',
      `Expected the kept fleet ${name} to be of fanfleet ${version} but it is of ${fleet.version}: stop it and start it again, \`fanfleet fleet stop ${name}\`.`,
      { source: 'user' },
    );
  }
  expectAgreement(input, fleet);
  if (!fleet.models && ENGINES[fleet.engine].isProgram !== true && asksForModel(input)) throw noModels(fleet);
  const { instanceType: _, ...rest } = input;
  const own = Object.fromEntries(FIELDS.map((field) => [field, fleet[field]]));
  return {
    input: { ...rest, ...own },
    joined: { name, id: fleet.id },
    // One that boots has to do that first.
    heartbeat: state === null ? null : HEARTBEAT_S,
  };
}

function isInputWithFleet(input: unknown): input is Readonly<Record<string, unknown>> & { fleet: string } {
  return typeof input === 'object' && input !== null && 'fleet' in input && typeof input.fleet === 'string';
}

async function latestFleet(store: KeptFleetReader, name: string): Promise<KeptFleetView> {
  const id = (await keptFleetIds(store, name)).at(-1);
  const view = id === undefined ? null : await readKeptFleet(store, id);
  if (view === null) {
    throw new FanfleetError(
      'FLEET_NOT_FOUND',
      `Expected a kept fleet ${name} but there is none: start it with \`fanfleet fleet start ${name}\`.`,
      { source: 'user' },
    );
  }
  if (view.end === null) return view;
  throw new FanfleetError(
    'FLEET_ENDED',
    `Expected a kept fleet ${name} that takes jobs but it has ended (${view.end.reason}): start it again with \`fanfleet fleet start ${name}\`.`,
    { source: 'user' },
  );
}

/** A name that there is not is refused with all other problems of the input. */
function asksForModel({ workload }: Readonly<Record<string, unknown>>): boolean {
  const name = typeof workload === 'object' && workload !== null && 'name' in workload ? workload.name : null;
  return WORKLOAD_NAMES.some((each) => each === name && runsModel(each));
}

function noModels({ name }: LaunchedKeptFleet): FanfleetError {
  return new FanfleetError(
    'FLEET_WITHOUT_MODELS',
    `Expected the kept fleet ${name} to have what runs models but it was started without: stop it, and start it again with \`fanfleet fleet start ${name} --models\`.`,
    { source: 'user' },
  );
}

function expectAgreement(input: Readonly<Record<string, unknown>>, fleet: LaunchedKeptFleet): void {
  const { instanceType, ...given } = input;
  const asked: Readonly<Record<string, unknown>> =
    instanceType === undefined ? given : { ...given, instanceTypes: [instanceType] };
  const problems = FIELDS.filter(
    (field) => asked[field] !== undefined && !isDeepStrictEqual(asked[field], fleet[field]),
  ).map((field) =>
    problemOf(
      `${JSON.stringify(fleet[field])}, as the kept fleet ${fleet.name} has it, or nothing,`,
      field,
      asked[field],
    ),
  );
  for (const field of ['workersMax', 'targetSeconds']) {
    if (asked[field] !== undefined)
      problems.push(problemOf('nothing: a kept fleet does not grow,', field, asked[field]));
  }
  if (problems.length > 0) throw invalidInput('The execution input', problems);
}
