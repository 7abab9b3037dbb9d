import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod';
import { FanfleetError } from '../errors.ts';
import { type Catalogue, catalogueSchema } from './switch.ts';
import { foundSchema, ranSchema, type Took } from './took.ts';

/** The Python that runs pipelines. */
export interface PipelinePython {
  readonly python: string;
  /** Where it finds `pipelines` and what these use of fanfleet's workers. */
  readonly path: readonly string[];
}

/** A bucket with the images, the model and its description; rows are put there as well. */
export interface PipelineStore {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of the keys of the images. */
  readonly loosePrefix: string;
  /** Keys of tars with the same images. */
  readonly shards: readonly string[];
}

export interface StartOptions {
  readonly workers: number;
  /** Ends the pipeline at work. */
  readonly signal?: AbortSignal | undefined;
}

/** Where a model is put in such a bucket. */
export const MODEL_KEYS = { model: 'model/model.onnx', description: 'model/classifier.json' } as const;

/** What was asked of a store: requests by their two prices, and the bytes of the objects that were got. */
export interface Requests {
  readonly puts: number;
  readonly gets: number;
  readonly bytesRead: number;
}

export interface CountedStore {
  readonly store: PipelineStore;
  /** Of all requests so far. */
  requests(): Requests | Promise<Requests>;
}

const rowsSchema = z.object({
  rows: z.array(z.object({ key: z.string(), label: z.string().nullable(), score: z.number().nullable() })),
});
/** What a pipeline says of an image: no label where it could not be decoded. */
export type PipelineRow = z.output<typeof rowsSchema>['rows'][number];

/** Of standard error, kept to explain a failure. */
const STDERR_CHARACTERS = 2000;
/** How long an engine gets to put its processes away. */
const STOP_MS = 20_000;

/**
 * All switches, and the engines with those that they have, as Python has them.
 *
 * @throws FanfleetError `NOT_INSTALLED` where Python does not tell
 */
export async function readCatalogue(from: PipelinePython): Promise<Catalogue> {
  const child = spawn(from.python, ['-B', '-m', 'pipelines.list'], {
    env: environmentOf(from),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [ended, text, said] = [
    once(child, 'close') as Promise<[number | null]>,
    textOf(child.stdout),
    textOf(child.stderr),
  ];
  const [status] = await ended.catch((cause) => {
    throw notInstalled(from, FanfleetError.from(cause).message, cause);
  });
  if (status !== 0) throw notInstalled(from, (await said).trim().split('\n').at(-1) ?? '');
  return catalogueSchema.parse(JSON.parse(await text));
}

/** An engine with its pipelines, which stays for all that are run. */
export class Pipelines {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string>;
  readonly #counted: CountedStore;
  readonly #module: string;
  #runs = 0;
  #said = '';

  private constructor(
    from: PipelinePython,
    module: string,
    counted: CountedStore,
    { workers, signal }: StartOptions,
  ) {
    const { loosePrefix, accessKey, secretKey, endpoint, region, bucket, shards } = counted.store;
    const job = {
      ...{ endpoint, region, bucket, shards, workers },
      access_key: accessKey,
      secret_key: secretKey,
      prefix: loosePrefix,
      ...MODEL_KEYS,
      out: '',
    };
    // fanfleet's own workers look for these in the environment.
    const access = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
    };
    this.#child = spawn(from.python, ['-B', '-m', 'pipelines.serve', module, JSON.stringify(job)], {
      env: { ...environmentOf(from), ...access },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    process.once('exit', this.#killAll);
    // As by Ctrl-C, so that the engine puts its processes away.
    signal?.addEventListener('abort', () => this.#child.kill('SIGINT'), { once: true });
    this.#child.on('error', () => {}); // told by the missing answer, as is what cannot be written to it
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#said = (this.#said + text).slice(-STDERR_CHARACTERS);
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#module = module;
    this.#counted = counted;
  }

  /**
   * @param module of the engine, by its name in Python's package `pipelines`
   * @throws FanfleetError `PIPELINE_FAILED` where the engine does not start
   */
  static async start(
    from: PipelinePython,
    module: string,
    counted: CountedStore,
    options: StartOptions,
  ): Promise<Pipelines> {
    const started = new Pipelines(from, module, counted, options);
    try {
      await started.#answer(z.object({ ready: z.literal(true) }));
      return started;
    } catch (reason) {
      started.#killAll();
      throw reason;
    }
  }

  /**
   * Classify all images with these switches on.
   *
   * @throws FanfleetError `PIPELINE_FAILED` with what the engine said
   */
  async run(switches: readonly string[]): Promise<Took> {
    this.#runs += 1;
    const out = this.#out;
    const before = await this.#counted.requests();
    const ran = await this.#ask({ run: switches, out }, ranSchema);
    const after = await this.#counted.requests();
    if ('failed' in ran) {
      const on = switches.length === 0 ? 'without switches' : `with ${switches.join(', ')}`;
      throw failed(`Expected a pipeline ${on} to end but: ${ran.failed}`);
    }
    const { bytes, ...found } = await this.#ask({ found: out }, foundSchema);
    return {
      ...ran,
      ...found,
      puts: after.puts - before.puts,
      gets: after.gets - before.gets,
      bytesRead: after.bytesRead - before.bytesRead,
      bytesWritten: bytes,
    };
  }

  /** The rows of the last run, by their keys. */
  async rows(): Promise<readonly PipelineRow[]> {
    return (await this.#ask({ rows: this.#out }, rowsSchema)).rows;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, 'exit', { signal: AbortSignal.timeout(STOP_MS) });
      this.#child.stdin.end();
      await ended.catch(() => {});
    }
    this.#killAll();
    process.off('exit', this.#killAll);
  }

  get #out(): string {
    return `out/${this.#module}/${this.#runs}/`;
  }

  readonly #killAll = (): void => {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // nothing of the group is left
    }
  };

  #ask<T>(request: object, schema: z.ZodType<T>): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.#answer(schema);
  }

  async #answer<T>(schema: z.ZodType<T>): Promise<T> {
    const { value, done } = await this.#answers.next();
    if (done) throw failed(`Expected an answer of the pipelines but their process ended: ${this.#said}`);
    return schema.parse(JSON.parse(value));
  }
}

function environmentOf({ path }: PipelinePython): NodeJS.ProcessEnv {
  const separator = process.platform === 'win32' ? ';' : ':';
  return { ...process.env, PYTHONPATH: path.join(separator), PYTHONWARNINGS: 'ignore' };
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

function failed(message: string): FanfleetError {
  return new FanfleetError('PIPELINE_FAILED', message, { source: 'internal' });
}

function notInstalled({ python }: PipelinePython, why: string, cause?: unknown): FanfleetError {
  const message = `Expected ${python} to tell which switches there are but got: ${why}: run \`npm run setup\`.`;
  return new FanfleetError('NOT_INSTALLED', message, { cause, source: 'user' });
}
