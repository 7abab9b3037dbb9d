import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { FanfleetError } from '../src/errors.ts';
import { loadModel } from '../src/models/load-model.ts';
import { localFiles } from '../src/models/local-files.ts';
import { haveModel } from '../src/models/named/have-model.ts';
import { writeClassifier } from '../src/workloads/classify/classifier-file.ts';
import { FLEET_PYTHON } from './contenders.ts';
import { BENCH, CACHE, ROOT } from './places.ts';
import { clientOf, type S3Server } from './s3-server.ts';

/** A mistake or an optimization, as `Switch` of pipelines/switch.py. */
export type Switch = {
  readonly name: string;
  readonly what: string;
  readonly expected: string;
  readonly needs: readonly string[];
};

/** What a pipeline took, once. */
export type Took = {
  readonly seconds: number;
  /** User and system time of all processes of the engine. */
  readonly cpuSeconds: number;
  /** The most memory of all processes that is no file's and not shared. */
  readonly ownBytes: number;
  readonly storeBytes: number;
  readonly puts: number;
  readonly gets: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly files: number;
  /** Of keys and labels. */
  readonly digest: string;
  readonly images: number;
};

const ranSchema = z.union([
  z.object({ seconds: z.number(), cpuSeconds: z.number(), ownBytes: z.number(), storeBytes: z.number() }),
  z.object({ failed: z.string() }),
]);
const foundSchema = z.object({
  images: z.number(),
  digest: z.string(),
  files: z.number(),
  bytes: z.number(),
});
const switchesSchema = z.object({
  mistakes: z.array(
    z.object({ name: z.string(), what: z.string(), expected: z.string(), needs: z.array(z.string()) }),
  ),
  optimizations: z.array(
    z.object({ name: z.string(), what: z.string(), expected: z.string(), needs: z.array(z.string()) }),
  ),
});

const ENV = { ...process.env, PYTHONPATH: `${BENCH}:${join(ROOT, 'ec2-workers')}`, PYTHONWARNINGS: 'ignore' };
/** Of standard error, kept to explain a failure. */
const STDERR_CHARACTERS = 2000;
/** How long an engine gets to put its processes away. */
const STOP_MS = 20_000;

/** All switches, as Python has them. */
export async function readSwitches(): Promise<z.infer<typeof switchesSchema>> {
  const child = spawn(FLEET_PYTHON, ['-B', '-m', 'pipelines.list'], {
    env: ENV,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk;
  return switchesSchema.parse(JSON.parse(text));
}

/** Put a model with a name beside the images, with what workers have to know of it. */
export async function putModel(server: S3Server, name: 'orientation'): Promise<void> {
  const python = join(ROOT, '.fanfleet/uv/bin/python');
  const { path } = await haveModel(name, join(CACHE, 'models'), {
    python,
    signal: new AbortController().signal,
  });
  const { classifier, tensor, channels, labels } = await loadModel(localFiles, { model: path });
  const description = writeClassifier({
    recipe: tensor,
    bgr: channels === 'bgr',
    input: classifier.input.name,
    output: classifier.output.name,
    batch: classifier.batch,
    isSoftmax: classifier.output.isSoftmax,
    labels,
  });
  const s3 = clientOf(server.store);
  const { bucket: Bucket } = server.store;
  await s3.send(new PutObjectCommand({ Bucket, Key: 'model/model.onnx', Body: await readFile(path) }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'model/classifier.json', Body: description }));
  s3.destroy();
}

/** An engine with its pipelines, which stays for all rounds. */
export class Pipelines {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string>;
  readonly #server: S3Server;
  readonly #engine: string;
  #runs = 0;
  #said = '';

  private constructor(engine: string, server: S3Server, workers: number) {
    const { loosePrefix, accessKey, secretKey, endpoint, region, bucket, shards } = server.store;
    const job = {
      ...{ endpoint, region, bucket, shards, workers },
      access_key: accessKey,
      secret_key: secretKey,
      prefix: loosePrefix,
      model: 'model/model.onnx',
      description: 'model/classifier.json',
      out: '',
    };
    // fanfleet's own workers look for these in the environment.
    const access = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
    };
    const parameters = ['-B', '-m', 'pipelines.serve', engine, JSON.stringify(job)];
    this.#child = spawn(FLEET_PYTHON, parameters, {
      env: { ...ENV, ...access },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    process.once('exit', this.#killAll);
    this.#child.stdin.on('error', () => {}); // told by the missing answer
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#said = (this.#said + text).slice(-STDERR_CHARACTERS);
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#engine = engine;
    this.#server = server;
  }

  /** @throws FanfleetError `CONTENDER_FAILED` where the engine does not start */
  static async start(engine: string, server: S3Server, workers: number): Promise<Pipelines> {
    const started = new Pipelines(engine, server, workers);
    await started.#answer(z.object({ ready: z.literal(true) }));
    return started;
  }

  /**
   * Classify all images with these switches on.
   *
   * @throws FanfleetError `CONTENDER_FAILED` with what the engine said
   */
  async run(switches: readonly string[]): Promise<Took> {
    this.#runs += 1;
    const out = `out/${this.#engine}/${this.#runs}/`;
    const before = await this.#server.requests();
    const ran = await this.#ask({ run: switches, out }, ranSchema);
    const after = await this.#server.requests();
    if ('failed' in ran)
      throw failed(`Expected a pipeline with ${switches.join(', ')} to end but: ${ran.failed}`);
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

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, 'exit', { signal: AbortSignal.timeout(STOP_MS) });
      this.#child.stdin.end();
      await ended.catch(() => {});
    }
    this.#killAll();
    process.off('exit', this.#killAll);
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

function failed(message: string): FanfleetError {
  return new FanfleetError('CONTENDER_FAILED', message, { source: 'internal' });
}
