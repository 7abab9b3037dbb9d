import { hash } from 'node:crypto';
import { ObjectFiles } from '../aws/object-files.ts';
import type { S3Requests } from '../aws/s3-requests.ts';
import { cached } from '../concurrency/cached.ts';
import type { InputFile } from '../contract/inputs.ts';
import { layout } from '../contract/layout.ts';
import { FanfleetError } from '../errors.ts';
import { type Fields, readFields } from '../fields.ts';
import type { Inputs } from '../workloads/workload.ts';

/** Runs whose lists of inputs are kept: a function may do batches of several runs in turn. */
const RUNS = 16;

/** The run whose inputs are wanted. */
export interface RunOfInputs {
  readonly runsBucket: string;
  readonly runId: string;
}

/**
 * The inputs of runs, as the workers of a process share them: a run's list is read once, and a file once, whichever runs have it.
 * They are kept for the next run; once it wants one that is not there, those of other runs go before it is fetched, since `prepare` reckons
 * with the files of one run (src/prepare/expect-room.ts).
 */
export class InputFiles {
  readonly #requests: S3Requests;
  readonly #mostBytes: number;
  readonly #lists = new Map<string, Promise<ReadonlyMap<string, InputFile>>>();
  /** By hash, the one that was wanted last at the end. */
  readonly #files = new Map<string, Promise<Buffer>>();
  readonly #sizes = new Map<string, number>();

  /** @param mostBytes of the files that are kept, the oldest of which go; a larger one is kept alone. @default any number */
  constructor(requests: S3Requests, mostBytes = Number.POSITIVE_INFINITY) {
    this.#requests = requests;
    this.#mostBytes = mostBytes;
  }

  /**
   * The named inputs of a run. A file that is still kept is the same object as before.
   *
   * @throws FanfleetError `INPUT_DAMAGED` where a file is not the one that was prepared, `OBJECT_NOT_FOUND` where it, or the
   *   list, is not there, `INVALID_INPUT` where the list has no such input, or S3's code
   */
  async of(run: RunOfInputs, names: readonly string[]): Promise<Inputs> {
    if (names.length === 0) return new Map();
    const id = `${run.runsBucket}/${run.runId}`;
    const list = await cached(this.#lists, id, () => this.#readList(run, names));
    while (this.#lists.size > RUNS) this.#lists.delete(firstOf(this.#lists));
    this.#leaveOnly(new Set(Array.from(list.values(), ({ sha256 }) => sha256)));
    const inputs = new Map<string, Buffer>();
    for (const name of names) {
      const file = list.get(name);
      if (file !== undefined) inputs.set(name, await this.file(run.runsBucket, file));
    }
    return inputs;
  }

  /**
   * A file by itself, such as the state of a stage. While it is still kept it is the same object as before.
   *
   * @throws FanfleetError `INPUT_DAMAGED` or `OBJECT_NOT_FOUND` as `of` does, or S3's code
   */
  file(bucket: string, file: InputFile): Promise<Buffer> {
    const { sha256, bytes } = file;
    const found = cached(this.#files, sha256, () => this.#get(bucket, file));
    this.#files.delete(sha256);
    this.#files.set(sha256, found);
    this.#sizes.set(sha256, bytes);
    this.#forgetOldest();
    return found;
  }

  async #readList({ runsBucket, runId }: RunOfInputs, names: readonly string[]) {
    const key = layout.inputs(runId);
    const value = await new ObjectFiles(this.#requests, runsBucket).getJson(key);
    return readFields(
      value,
      key,
      (list) => new Map(names.map((name) => [name, list.object(name, readInput)] as const)),
    );
  }

  /** Unless all of these are there, so that runs with the same model do not take it from each other. */
  #leaveOnly(wanted: ReadonlySet<string>): void {
    if (wanted.isSubsetOf(this.#files)) return;
    for (const sha256 of this.#files.keys()) if (!wanted.has(sha256)) this.#files.delete(sha256);
  }

  #forgetOldest(): void {
    const kept = () => this.#files.keys().reduce((sum, sha256) => sum + (this.#sizes.get(sha256) ?? 0), 0);
    while (this.#files.size > 1 && kept() > this.#mostBytes) this.#files.delete(firstOf(this.#files));
    for (const sha256 of this.#sizes.keys()) if (!this.#files.has(sha256)) this.#sizes.delete(sha256);
  }

  async #get(bucket: string, { key, sha256, bytes }: InputFile): Promise<Buffer> {
    const where = `s3://${bucket}/${key}`;
    const file = await new ObjectFiles(this.#requests, bucket, bytes).get(key).catch((reason: unknown) => {
      const isLonger = reason instanceof FanfleetError && reason.code === 'BODY_TOO_LARGE';
      throw isLonger ? damaged(where, `the ${bytes} bytes that were prepared`, 'it has more') : reason;
    });
    const got = hash('sha256', file, 'hex');
    if (got === sha256) return file;
    throw damaged(where, `SHA-256 ${sha256}`, `its ${file.length} bytes have ${got}`);
  }
}

export function readInput(file: Fields): InputFile {
  return { key: file.text('key'), sha256: file.text('sha256'), bytes: file.integer('bytes') };
}

function firstOf(map: ReadonlyMap<string, unknown>): string {
  return map.keys().next().value ?? '';
}

function damaged(where: string, expected: string, got: string): FanfleetError {
  const message = `Expected ${expected} of ${where} but ${got}: start the run again, and let nothing else write there.`;
  return new FanfleetError('INPUT_DAMAGED', message, { source: 'internal' });
}
