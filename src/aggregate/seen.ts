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

export type SeenInput = {
  readonly reader: BucketReader;
  readonly runId: string;
  readonly arm: Arm;
  readonly round: number;
  /** Of the arm, epoch milliseconds: its Map Runs began in it. */
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
const firstChildSchema = z.object({ StartDate: z.iso.datetime(), Input: z.string() });
const stageOfInput = z.object({
  payload: z.object({ stage: z.object({ number: z.int().nonnegative() }).nullish() }),
});

/**
 * What the coordinator of an arm says of its batches: Step Functions in what its ResultWriter leaves of each Map Run,
 * the head of a fleet in `seen.jsonl` and, where it gives out leases, `leases.jsonl`. Empty where nobody tells.
 */
export class SeenReader {
  readonly #input: SeenInput;
  readonly #log: ProblemLog;
  #mapRuns: Promise<readonly MapRun[]> | undefined;

  /** @param log gets `SEEN_INVALID` for a file that cannot be read: only times depend on it */
  constructor(input: SeenInput, log: ProblemLog) {
    this.#input = input;
    this.#log = log;
  }

  /** The batches of one map. @param stage @default the arm is a single one */
  async of(stage?: number): Promise<ReadonlyMap<number, Seen>> {
    const seen = new Map<number, Seen>();
    const isHead = this.#input.arm === 'fleet';
    for await (const { key, add } of isHead ? headFiles(this.#input, stage) : this.#childFiles(stage)) {
      await orLogged(this.#log, key, () => add(seen));
    }
    return seen;
  }

  async *#childFiles(stage: number | undefined): AsyncGenerator<SeenFile> {
    this.#mapRuns ??= mapRunsOf(this.#input, this.#log);
    for (const run of await this.#mapRuns) {
      if (run.stage !== stage) continue;
      for (const key of run.files) yield { key, add: (seen) => addChildren(this.#input, key, seen) };
    }
  }
}

/** A Map Run of this arm and round, and which stage it was of. */
interface MapRun {
  readonly stage: number | undefined;
  readonly files: readonly string[];
}

type SeenFile = { readonly key: string; readonly add: (seen: Map<number, Seen>) => Promise<void> };

async function* headFiles(
  { reader, runId, round }: SeenInput,
  stage: number | undefined,
): AsyncGenerator<SeenFile> {
  // What the leases say is exact, and is read last; a head that was started again knows only a part of them.
  for (const key of [layout.seen(runId, round, stage), layout.leases(runId, round, stage)]) {
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

/** The Map Runs of this round, which has one for each map, and of which the first child tells: rounds do not overlap. */
async function mapRunsOf(input: SeenInput, log: ProblemLog): Promise<readonly MapRun[]> {
  const { reader, runId, startedAt, endedAt } = input;
  const runs: MapRun[] = [];
  for await (const { key } of reader.list(layout.mapRuns(runId))) {
    if (!key.endsWith('/manifest.json')) continue;
    await orLogged(log, key, async () => {
      const text = (await getIfPresent(reader, key))?.toString('utf8') ?? '{}';
      const found = manifestSchema.parse(JSON.parse(text)).ResultFiles.SUCCEEDED;
      const files = found.map(({ Key }) => Key);
      const first = await firstChild(reader, files);
      if (first === null) return;
      const givenAt = Date.parse(first.StartDate);
      if (givenAt < startedAt || givenAt > endedAt) return;
      const { payload } = stageOfInput.parse(JSON.parse(first.Input));
      runs.push({ stage: payload.stage?.number, files });
    });
  }
  return runs;
}

async function firstChild(reader: Pick<BucketReader, 'stream'>, files: readonly string[]) {
  for (const key of files) {
    for await (const child of readObjects(reader.stream(key), LONGEST_CHILD)) {
      return firstChildSchema.parse(child);
    }
  }
  return null;
}

async function addChildren({ reader }: SeenInput, key: string, seen: Map<number, Seen>): Promise<void> {
  for await (const child of readObjects(reader.stream(key), LONGEST_CHILD)) {
    const { StartDate, StopDate, Output } = childSchema.parse(child);
    const givenAt = Date.parse(StartDate);
    seen.set(outputSchema.parse(JSON.parse(Output)).batch, { givenAt, seenAt: Date.parse(StopDate) });
  }
}

/** Go on without a file that is not what it should be. */
async function orLogged(log: ProblemLog, key: string, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (reason) {
    if (!(reason instanceof SyntaxError || reason instanceof z.ZodError)) throw reason;
    log.add('SEEN_INVALID', `${key}: ${reason.message}`);
  }
}

async function isThere(reader: Pick<BucketReader, 'list'>, key: string): Promise<boolean> {
  for await (const found of reader.list(key)) if (found.key === key) return true;
  return false;
}
