import { once } from 'node:events';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hostCredentials } from '../../src/aws/host-credentials.ts';
import { ObjectFiles } from '../../src/aws/object-files.ts';
import type { S3Access } from '../../src/aws/s3-access.ts';
import { S3Requests } from '../../src/aws/s3-requests.ts';
import { FanfleetError } from '../../src/errors.ts';
import { type HeadLocation, readHeadLocation, splitUri } from '../../src/grpc/head-location.ts';

/** What the commands of the program have in common: how they are called, and their way to S3. */

/** How long workers and submitters do without a head: as long as it takes to start it again, and more. */
export const PATIENCE_MS = 60_000;

/** The repository, or the bundle of a fleet. */
export const ROOT = join(import.meta.dirname, '../..');

export const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    head: { type: 'string' },
    address: { type: 'string' },
    port: { type: 'string', default: '0' },
    scale: { type: 'string' },
    round: { type: 'string', default: '0' },
    subnets: { type: 'string', default: '' },
    worker: { type: 'string' },
    slots: { type: 'string', default: String(availableParallelism()) },
  },
});

export const region = process.env.AWS_REGION ?? 'us-east-1';
export const endpoint = process.env.AWS_ENDPOINT_URL;
export const access: S3Access = {
  region: async () => region,
  endpoint: async () => endpoint,
  credentials: hostCredentials(process.env),
};
export const requests = new S3Requests(access);

export const now = () => performance.now();
export const say = (line: string) => void process.stdout.write(`[fanfleet] ${line}\n`);

/** Bucket and key of `head.json`. */
export function published() {
  return splitUri(given('head'));
}

export async function locate(): Promise<HeadLocation> {
  const { bucket, key } = published();
  return readHeadLocation(new ObjectFiles(requests, bucket), key);
}

export function secret(): string {
  const { FANFLEET_GRPC_SECRET: value = '' } = process.env;
  if (value.length >= 16) return value;
  throw new FanfleetError('INVALID_INPUT', 'Expected FANFLEET_GRPC_SECRET of at least 16 characters.', {
    source: 'user',
  });
}

export function given(name: 'head' | 'address' | 'worker'): string {
  const value = values[name];
  if (value !== undefined) return value;
  throw new FanfleetError('INVALID_INPUT', `Expected --${name} but received none.`, { source: 'user' });
}

/** Epoch milliseconds. */
export function bootStartedAt(): number | undefined {
  const { FANFLEET_BOOT_STARTED_AT: value } = process.env;
  return value === undefined ? undefined : Number(value);
}

export async function signalled(): Promise<void> {
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
}

/** What this process may use: the limit of its control group, or the memory of the machine. */
export function memory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Says at most once a second how far it is, and the end always. */
export function progress(tell = say): (done: number, total: number) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (done, total) => {
    if (done < total && now() - saidAt < 1000) return;
    saidAt = now();
    tell(`${done} of ${total} batches`);
  };
}
