import { basename } from 'node:path/posix';
import type * as z from 'zod';
import { type BucketReader, getIfPresent } from '../aws/bucket-reader.ts';
import { layout } from '../contract/layout.ts';
import { hostSchema } from './arm-info.ts';
import { type WorkerStates, workerStatesSchema } from './worker-states.ts';

/** A host's report of its boot (`hosts/<instanceId>.json`). */
export type HostReport = z.infer<typeof hostSchema>;

type Reader = Pick<BucketReader, 'get' | 'list'>;

/** The ids of the instances that have a file below a prefix, and the size of each file. */
export async function hostFiles(reader: Reader, prefix: string): Promise<Map<string, number>> {
  const files = new Map<string, number>();
  for await (const { key, size } of reader.list(prefix)) {
    files.set(basename(key).replace(/\.\w+$/, ''), size);
  }
  return files;
}

/** Null where the host has not told of its boot, or what it told is no report. */
export function readHostReport(
  reader: Reader,
  runId: string,
  round: number,
  instanceId: string,
): Promise<HostReport | null> {
  return readIfSound(reader, `${layout.hosts(runId, round)}${instanceId}.json`, hostSchema);
}

/** What the head said of its workers so far; no change where it said nothing. */
export async function readWorkerStates(reader: Reader, runId: string, round: number): Promise<WorkerStates> {
  return (
    (await readIfSound(reader, layout.workerStates(runId, round), workerStatesSchema)) ?? { changes: [] }
  );
}

/** A file as JSON; null for one that is not there or makes no sense: watching must never be what fails a report. */
export async function readIfSound<S extends z.ZodType>(reader: Reader, key: string, schema: S) {
  const found = await getIfPresent(reader, key);
  if (found === null) return null;
  try {
    return schema.safeParse(JSON.parse(found.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}
