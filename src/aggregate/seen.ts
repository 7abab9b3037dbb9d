import * as z from 'zod';
import { type BucketReader, getIfPresent } from '../aws/bucket-reader.ts';
import type { Arm } from '../contract/arm.ts';
import { layout } from '../contract/layout.ts';
import type { ProblemLog } from '../workloads/problems.ts';
import { readObjects } from './json-array.ts';

/**
 * When the state machine or the head gave a batch out and saw its result, by its own clock: epoch milliseconds. Null:
 * it cannot tell when it gave it out, or which worker's result it saw.
 */
export type Seen = {
  readonly givenAt: number | null;
  readonly seenAt: number;
  readonly worker?: string | null;
};

export type ReadSeenInput = {
  readonly reader: BucketReader;
  readonly runId: string;
  readonly arm: Arm;
  readonly round: number;
  /** Of the arm, epoch milliseconds: a Map Run began in it. */
  readonly startedAt: number;
  readonly endedAt: number;
};

/** Input and output of a child have 256 KiB at most, and are texts here, with a backslash before each quote. */
const LONGEST_CHILD = 2 * 1024 * 1024;
const LONGEST_LINE = 4096;

const batch = z.int().nonnegative();
const headSchema = z.object({
  batch,
  worker: z.string().nullable().default(null),
  givenAt: z.number().nullable().default(null),
  seenAt: z.number(),
});
const manifestSchema = z.object({
  ResultFiles: z.object({ SUCCEEDED: z.array(z.object({ Key: z.string() })).default([]) }),
});
const childSchema = z.object({ StartDate: z.iso.datetime(), StopDate: z.iso.datetime(), Output: z.string() });
const outputSchema = z.object({ batch });

/**
 * What the coordinator of an arm says of its batches: Step Functions in what its ResultWriter leaves of each Map Run,
 * the head of a fleet in `seen.jsonl` and, where it gives out leases, `leases.jsonl`. Empty where nobody tells.
 *
 * @param log gets `SEEN_INVALID` for a file that cannot be read: only times depend on it
 */
export async function readSeen(input: ReadSeenInput, log: ProblemLog): Promise<ReadonlyMap<number, Seen>> {
  const seen = new Map<number, Seen>();
  const files = input.arm === 'serverless' ? mapRunFiles(input, log) : headFiles(input);
  for await (const { key, add } of files) {
    try {
      await add(seen);
    } catch (reason) {
      if (!(reason instanceof SyntaxError || reason instanceof z.ZodError)) throw reason;
      log.add('SEEN_INVALID', `${key}: ${reason.message}`);
    }
  }
  return seen;
}

type SeenFile = { readonly key: string; readonly add: (seen: Map<number, Seen>) => Promise<void> };

async function* headFiles({ reader, runId, round }: ReadSeenInput): AsyncGenerator<SeenFile> {
  // What the leases say is exact, and is read last; a head that was started again knows only a part of them.
  for (const key of [layout.seen(runId, round), layout.leases(runId, round)]) {
    if (!(await isThere(reader, key))) continue;
    const add = async (seen: Map<number, Seen>) => {
      for await (const line of readObjects(reader.stream(key), LONGEST_LINE)) {
        const { batch: name, ...rest } = headSchema.parse(line);
        seen.set(name, rest);
      }
    };
    yield { key, add };
  }
}

async function* mapRunFiles(input: ReadSeenInput, log: ProblemLog): AsyncGenerator<SeenFile> {
  const { reader, runId } = input;
  for await (const { key } of reader.list(layout.mapRuns(runId))) {
    if (!key.endsWith('/manifest.json')) continue;
    let files: readonly { readonly Key: string }[] = [];
    try {
      const text = (await getIfPresent(reader, key))?.toString('utf8') ?? '{}';
      files = manifestSchema.parse(JSON.parse(text)).ResultFiles.SUCCEEDED;
    } catch (reason) {
      log.add('SEEN_INVALID', `${key}: ${String(reason)}`);
    }
    for (const { Key } of files) {
      yield { key: Key, add: (seen) => addChildren(input, Key, seen) };
    }
  }
}

async function addChildren(input: ReadSeenInput, key: string, seen: Map<number, Seen>): Promise<void> {
  const { reader, startedAt, endedAt } = input;
  for await (const child of readObjects(reader.stream(key), LONGEST_CHILD)) {
    const { StartDate, StopDate, Output } = childSchema.parse(child);
    const givenAt = Date.parse(StartDate);
    // Each round has a Map Run of its own, and rounds do not overlap.
    if (givenAt < startedAt || givenAt > endedAt) return;
    seen.set(outputSchema.parse(JSON.parse(Output)).batch, { givenAt, seenAt: Date.parse(StopDate) });
  }
}

async function isThere(reader: Pick<BucketReader, 'list'>, key: string): Promise<boolean> {
  for await (const found of reader.list(key)) if (found.key === key) return true;
  return false;
}
