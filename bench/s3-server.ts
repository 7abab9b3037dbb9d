import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { freePorts } from '../localstack/free-ports.ts';
import { createS3 } from '../src/aws/s3.ts';
import { readImageFolder } from '../src/dataset/folder.ts';
import { packShards } from '../src/dataset/shards/pack.ts';
import { localImages } from '../src/dataset/shards/pack-source.ts';
import { uploadFiles } from '../src/dataset/upload.ts';
import { FanfleetError } from '../src/errors.ts';
import type { Store } from './job.ts';
import { CACHE } from './places.ts';
import { treeUsage } from './process-tree.ts';
import { installS3Server } from './tools.ts';

const ACCOUNT = { region: 'us-east-1', bucket: 'bench', accessKey: 'bench', secretKey: 'bench-secret' };
const LOG = 'access.log';
const LOOSE = 'loose/';
const SHARDS = 'shards/';
/** Small, so that there are enough of them for all workers of a set of 28 MB. */
const SHARD_BYTES = 4 * 1024 * 1024;

/** What was asked of the server: requests by their two prices, and the bytes of the objects that were got. */
export type Requests = { readonly puts: number; readonly gets: number; readonly bytesRead: number };

/** A local S3 server with a set of images, loose and in tars. It checks signatures, as AWS does. */
export class S3Server {
  store: Store;
  readonly #child: ChildProcess;
  readonly #folder: string;
  /** Of its objects as they were got, by their keys; the log has no sizes of answers. */
  readonly #sizes = new Map<string, number>();
  /** Where the bench ends before its time, nothing is left either. */
  readonly #onExit = () => {
    this.#child.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  };

  private constructor(child: ChildProcess, folder: string, store: Store) {
    this.#child = child;
    this.#folder = folder;
    this.store = store;
    process.once('exit', this.#onExit);
  }

  /**
   * @param isLogged whether `requests` is going to be asked
   * @throws FanfleetError `S3_SERVER_FAILED` if it does not answer
   */
  static async start(images: string, isLogged = false): Promise<S3Server> {
    const program = await installS3Server();
    await mkdir(CACHE, { recursive: true });
    const folder = await mkdtemp(join(CACHE, 's3-'));
    const [data, metadata] = [join(folder, 'data'), join(folder, 'metadata')];
    await Promise.all([mkdir(data), mkdir(metadata)]);
    const [port] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    const child = spawn(
      program,
      // Connections are to stay, and Linux without extended attributes is to do.
      [
        ...['--port', address, '--keep-alive', '--quiet'],
        ...(isLogged ? ['--access-log', join(folder, LOG)] : []),
        ...['posix', '--sidecar', metadata, data],
      ],
      { env: { ROOT_ACCESS_KEY: ACCOUNT.accessKey, ROOT_SECRET_KEY: ACCOUNT.secretKey }, stdio: 'ignore' },
    );
    const store = { ...ACCOUNT, endpoint: `http://${address}`, loosePrefix: LOOSE, shards: [] };
    const started = new S3Server(child, folder, store);
    try {
      started.store = { ...store, shards: await fill(clientOf(store), images) };
      return started;
    } catch (reason) {
      await started.stop();
      throw reason;
    }
  }

  /** What was asked of it so far, by its log. */
  async requests(): Promise<Requests> {
    const total = { puts: 0, gets: 0, bytesRead: 0 };
    for (const { operation, key } of readAccessLog(await readFile(join(this.#folder, LOG), 'utf8'))) {
      if (/^(Get|Head)Object$/.test(operation)) total.gets += 1;
      else if (!operation.startsWith('Delete')) total.puts += 1;
      if (operation === 'GetObject') total.bytesRead += await this.#sizeOf(key);
    }
    return total;
  }

  async #sizeOf(key: string): Promise<number> {
    const known = this.#sizes.get(key);
    if (known !== undefined) return known;
    const { size } = await stat(join(this.#folder, 'data', ACCOUNT.bucket, key));
    this.#sizes.set(key, size);
    return size;
  }

  /** What it has used so far. */
  cpuSeconds(): number | undefined {
    return treeUsage(this.#child.pid ?? 0)?.cpuSeconds;
  }

  async stop(): Promise<void> {
    process.off('exit', this.#onExit);
    if (this.#child.exitCode === null && this.#child.kill()) await once(this.#child, 'exit');
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Operations and keys of a log in the form of S3's server access logs. */
export function* readAccessLog(text: string): Generator<{ operation: string; key: string }> {
  for (const [, operation = '', key = ''] of text.matchAll(/ s3_(\w+) (\S+) \//g)) yield { operation, key };
}

/** A client of the SDK for a store. */
export function clientOf({ endpoint, region, accessKey, secretKey }: Store): S3Client {
  return createS3({ endpoint, region, credentials: { accessKeyId: accessKey, secretAccessKey: secretKey } });
}

/** Put the images there, and give the keys of the tars. */
async function fill(s3: S3Client, images: string): Promise<string[]> {
  const { bucket } = ACCOUNT;
  await createBucket(s3);
  const { files } = await readImageFolder(images);
  await uploadFiles({ s3, bucket, prefix: LOOSE, files });
  const source = localImages(files, LOOSE);
  const { shards } = await packShards({ s3, bucket, source, to: SHARDS, shardBytes: SHARD_BYTES });
  s3.destroy();
  return Array.from({ length: shards }, (_, at) => `${SHARDS}${String(at).padStart(6, '0')}.tar`);
}

/** As soon as the server listens. */
async function createBucket(s3: S3Client): Promise<void> {
  let why: unknown;
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      await s3.send(new CreateBucketCommand({ Bucket: ACCOUNT.bucket }));
      return;
    } catch (reason) {
      why = reason;
      await setTimeout(50);
    }
  }
  throw new FanfleetError('S3_SERVER_FAILED', `Expected the S3 server to answer but got: ${String(why)}`, {
    cause: why,
    source: 'internal',
  });
}
