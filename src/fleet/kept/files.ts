import { getIfPresent } from '../../aws/bucket-reader.ts';
import type { ObjectStore } from '../../aws/object-store.ts';
import { keptFleetRun } from '../../contract/layout.ts';
import { parseJson } from '../../parse.ts';
import {
  type KeptFleetState,
  keptFleetEndSchema,
  keptFleetStateSchema,
  type LaunchedKeptFleet,
  launchedKeptFleetSchema,
  nameOf,
} from './kept-fleet.ts';

/** What is needed of S3 to find kept fleets, and to read of them. */
export type KeptFleetReader = Pick<ObjectStore, 'get' | 'folders'>;

/** Keys of a kept fleet in the runs bucket. Each has one writer. */
export const keptFiles = {
  fleet: (id: string) => `${keptFleetRun(id)}/fleet.json`,
  state: (id: string) => `${keptFleetRun(id)}/state.json`,
  end: (id: string) => `${keptFleetRun(id)}/end.json`,
  /** Numbered from 1 on without a gap; each is written once, by whoever is the first. */
  jobs: (id: string) => `${keptFleetRun(id)}/jobs/`,
  job: (id: string, number: number) => `${keptFiles.jobs(id)}${String(number).padStart(9, '0')}.json`,
} as const;

/** A life of a kept fleet as its files have it. */
export interface KeptFleetView {
  readonly fleet: LaunchedKeptFleet;
  /** Null until its head says something. */
  readonly state: KeptFleetState | null;
  readonly end: { readonly endedAt: number; readonly reason: string } | null;
}

/** The lives of all kept fleets, or of those of a name: id by id, the latest of a name last. */
export async function keptFleetIds(
  reader: Pick<KeptFleetReader, 'folders'>,
  name?: string,
): Promise<string[]> {
  const prefix = name === undefined ? 'fleets/' : `fleets/${name}.`;
  const ids: string[] = [];
  for await (const folder of reader.folders(prefix)) {
    const id = /^fleets\/([a-z][a-z0-9-]*\.\d+)\/$/.exec(folder)?.[1];
    if (id !== undefined) ids.push(id);
  }
  return ids.sort((a, b) => nameOf(a).localeCompare(nameOf(b)) || lifeOf(a) - lifeOf(b));
}

/** Which life of its name it is. */
export function lifeOf(id: string): number {
  return Number(/\.(\d+)$/.exec(id)?.[1] ?? 0);
}

/** Null where there is no such fleet. */
export async function readKeptFleet(
  reader: Pick<KeptFleetReader, 'get'>,
  id: string,
): Promise<KeptFleetView | null> {
  const [fleet, state, end] = await Promise.all([
    read(reader, keptFiles.fleet(id), launchedKeptFleetSchema),
    read(reader, keptFiles.state(id), keptFleetStateSchema),
    read(reader, keptFiles.end(id), keptFleetEndSchema),
  ]);
  return fleet === null ? null : { fleet, state, end };
}

async function read<S extends Parameters<typeof parseJson>[0]>(
  reader: Pick<KeptFleetReader, 'get'>,
  key: string,
  schema: S,
) {
  const found = await getIfPresent(reader, key);
  return found === null ? null : parseJson<S>(schema, found, key);
}
