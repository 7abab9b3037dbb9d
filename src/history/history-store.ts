import * as z from 'zod';
import { getIfPresent } from '../aws/bucket-reader.ts';
import type { ObjectStore } from '../aws/object-store.ts';
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts';
import { FanfleetError } from '../errors.ts';
import { parse } from '../parse.ts';
import {
  type History,
  historyNameSchema,
  type Night,
  nightSchema,
  type Reset,
  resetSchema,
} from './night.ts';

const ROOT = 'history/';
const GETS = 16;

type Entries = Readonly<Record<string, unknown>>;
const compactSchema = z.object({ version: z.literal(1), entries: z.record(z.string(), z.unknown()) });

/**
 * A history in the runs bucket: `history/<name>/nights/` and `resets/`, an object for each, under keys that sort by time.
 * Objects are written once and never changed, so that nobody's night is lost to another who writes at the same time, and
 * a night that is appended twice is there once.
 *
 * `compact.json` is a copy of all of them, so that a year is read with two requests. The listing decides what there is: what
 * the copy lacks is read from its own object.
 */
export class HistoryStore {
  readonly #runs: ObjectStore;
  readonly #name: string;

  /** @throws FanfleetError `INVALID_INPUT` for a name that is none */
  constructor(runs: ObjectStore, name: string) {
    this.#runs = runs;
    this.#name = parse(historyNameSchema, name, 'The name of the history');
  }

  get name(): string {
    return this.#name;
  }

  async appendNight(night: Night): Promise<void> {
    await this.#runs.putJson(this.#key('nights', night.at, night.runId), night);
  }

  async appendReset(reset: Reset, id: string): Promise<void> {
    await this.#runs.putJson(this.#key('resets', reset.at, id), reset);
  }

  /**
   * All that is on the record.
   *
   * @throws FanfleetError `HISTORY_DAMAGED` where an object is none of ours
   */
  async read(): Promise<History> {
    const entries = await this.#entries(await this.#readCompact());
    const of = <T>(kind: string, schema: z.ZodType<T>) =>
      Object.keys(entries)
        .filter((key) => key.startsWith(`${ROOT}${this.#name}/${kind}/`))
        .sort()
        .map((key) => valid(schema, entries[key], key));
    return { name: this.#name, nights: of('nights', nightSchema), resets: of('resets', resetSchema) };
  }

  /** Write the copy anew. Where two do so at once, one of the copies lacks a night, which readers make up for. */
  async compact(): Promise<void> {
    const entries = await this.#entries(await this.#readCompact());
    await this.#runs.putJson(this.#compactKey(), { version: 1, entries });
  }

  /** Every night and reset that is listed, by its key. */
  async #entries(copied: Entries): Promise<Entries> {
    const keys: string[] = [];
    for (const kind of ['nights', 'resets']) {
      for await (const { key } of this.#runs.list(`${ROOT}${this.#name}/${kind}/`)) keys.push(key);
    }
    const entries: Record<string, unknown> = {};
    await forEachConcurrent(keys, GETS, async (key) => {
      entries[key] = copied[key] ?? (await this.#runs.getJson(key).catch(damaged(key)));
    });
    return entries;
  }

  /** Nothing where there is no copy, or none that can be read: it is only a copy. */
  async #readCompact(): Promise<Entries> {
    const found = await getIfPresent(this.#runs, this.#compactKey());
    if (found === null) return {};
    try {
      return compactSchema.parse(JSON.parse(found.toString('utf8'))).entries;
    } catch {
      return {};
    }
  }

  #compactKey(): string {
    return `${ROOT}${this.#name}/compact.json`;
  }

  #key(kind: 'nights' | 'resets', at: number, id: string): string {
    const time = new Date(at).toISOString().replaceAll(':', '-');
    return `${ROOT}${this.#name}/${kind}/${time}_${id}.json`;
  }
}

function valid<T>(schema: z.ZodType<T>, value: unknown, key: string): T {
  const result = schema.safeParse(value);
  return result.success ? result.data : damaged(key)(result.error);
}

function damaged(key: string): (cause: unknown) => never {
  return (cause) => {
    if (cause instanceof FanfleetError && cause.code !== 'INVALID_INPUT') throw cause;
    throw new FanfleetError(
      'HISTORY_DAMAGED',
      `Expected a night or a reset in ${key} but it is none that this version of fanfleet knows; move it away, or use the version that wrote it.`,
      { cause, source: 'user' },
    );
  };
}
