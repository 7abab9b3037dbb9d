/**
 * The program of the gRPC fleet, as engines and clusters of ec2-workers/ start it:
 *
 *     head   --head URI --address IP [--port N]     be the head, and say so at URI
 *            [--scale URI --round N --subnets IDS]  and start more workers, as the request.json at URI says
 *     worker --head URI --address IP --worker ID [--slots N]   do batches for the head, N at once
 *     run    --head URI                             have the tasks on standard input done
 *     local                                         do them here, in one thread
 *
 * URI is the s3:// address of `head.json`. The secret of the fleet is in FANFLEET_GRPC_SECRET, and the region and an
 * offline AWS are in AWS_REGION, AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_EC2. FANFLEET_BOOT_STARTED_AT is the boot of this
 * host, in epoch milliseconds.
 */

import { once } from 'node:events';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { ObjectReader } from '../aws/object-reader.ts';
import { ObjectStore } from '../aws/object-store.ts';
import { createS3 } from '../aws/s3.ts';
import { s3Access } from '../aws/s3-access.ts';
import { S3Requests } from '../aws/s3-requests.ts';
import { FanfleetError } from '../errors.ts';
import { kernelChooser } from '../kernel/choose-kernel.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { KernelChoice } from '../kernel/kernel-choice.ts';
import { addonPath } from '../kernel/native-addon.ts';
import { ServerClock } from '../timing/server-clock.ts';
import { doneBatches } from './done-batches.ts';
import { type HeadOptions, startHead } from './head/server.ts';
import { readHeadLocation, splitUri } from './head-location.ts';
import { runLocally } from './local.ts';
import type { SeenBatch } from './scheduler/scheduler.ts';
import { submit } from './submit.ts';
import { readTasks } from './task.ts';
import { createBatchWork } from './worker/batch-work.ts';
import { hostLimits } from './worker/host-limits.ts';
import { runWorker } from './worker/worker.ts';

/** How long workers and submitters do without a head: as long as it takes to start it again, and more. */
const PATIENCE_MS = 60_000;

/** The SDK asks the metadata service once, for a second: too little on a host that is still booting. */
const METADATA = { timeout: 5_000, maxRetries: 5 };

const ROOT = join(import.meta.dirname, '../..');
const kernelFor = kernelChooser(addonPath(ROOT));
const now = () => performance.now();
const say = (line: string) => void process.stdout.write(`[fanfleet] ${line}\n`);
const s3 = createS3({
  region: process.env.AWS_REGION ?? 'us-east-1',
  endpoint: process.env.AWS_ENDPOINT_URL,
  credentials: defaultProvider(METADATA),
});
const { positionals, values } = parseArgs({
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

async function head(): Promise<void> {
  const { store, key } = published();
  const scaling = await headScaling();
  const running = await startHead({
    address: given('address'),
    port: Number(values.port),
    secret: secret(),
    now: Date.now,
    keepSeen,
    ...(scaling && { scaling }),
  });
  await store.putJson(key, running.location);
  say(`head listens at ${running.location.url}`);
  await signalled();
  await running.service.drain();
  await running.stop();
}

/** Only times depend on it: no reason to fail. */
async function keepSeen(out: string, seen: Iterable<SeenBatch>): Promise<void> {
  const { bucket, key } = splitUri(out);
  const lines = Array.from(seen, (batch) => `${JSON.stringify(batch)}\n`);
  await new ObjectStore(s3, bucket)
    .put(`${key}leases.jsonl`, lines.join(''), 'application/x-ndjson')
    .catch((reason) =>
      say(`when batches were seen is not told: ${FanfleetError.from(reason, 'aws').message}`),
    );
}

async function headScaling(): Promise<HeadOptions['scaling']> {
  if (values.scale === undefined) return undefined;
  // Loaded for it alone: what calls EC2 takes a quarter of a second of CPU time.
  const { EC2Client, fleetScaling } = await import('./head/fleet-scaling.ts');
  const { bucket, key } = splitUri(values.scale);
  const scaling = await fleetScaling({
    ec2: new EC2Client({}),
    store: new ObjectStore(s3, bucket),
    requestKey: key,
    round: Number(values.round),
    subnetIds: values.subnets.split(','),
    bootStartedAt: bootStartedAt() ?? Date.now(),
    now: Date.now,
  });
  return {
    ...scaling,
    onError: (reason) => say(`no more workers: ${FanfleetError.from(reason, 'aws').message}`),
  };
}

async function worker(): Promise<void> {
  const slots = Number(values.slots);
  // Before there is a job: one that asks for the portable kernel waits for that.
  const kernel = await kernelFor('auto');
  const booted = bootStartedAt();
  const leave = new AbortController();
  void signalled().then(() => leave.abort());
  await runWorker({
    locate,
    secret: secret(),
    identity: {
      worker: given('worker'),
      address: given('address'),
      kernel: kernel.name,
      version: process.versions.node,
      ...(booted !== undefined && { bootSeconds: (Date.now() - booted) / 1000 }),
    },
    slots,
    work: batchWork(kernelFor, given('worker'), hostLimits(memory(), slots)),
    now,
    leave: leave.signal,
    patienceMs: PATIENCE_MS,
    onJoined: () => say('joined'),
    onLost: (reason) => say(`no connection to the head: ${reason.message}`),
  });
  say('left');
}

async function run(): Promise<void> {
  const tasks = readTasks(await text(process.stdin));
  const { bucket, key } = splitUri(tasks.job.out);
  await submit({
    tasks,
    locate,
    secret: secret(),
    listDone: () => doneBatches(new ObjectStore(s3, bucket), key),
    now,
    patienceMs: PATIENCE_MS,
    onProgress: progress(),
  });
}

async function local(): Promise<void> {
  // Without its way to do many images at once, which uses more than one thread.
  const oneByOne = async (wanted: KernelChoice) => {
    const { name, prepare } = await kernelFor(wanted);
    return { name, prepare };
  };
  const limits = { ...hostLimits(memory(), 1), fetches: 1, decodes: 1 };
  await runLocally(readTasks(await text(process.stdin)), batchWork(oneByOne, 'local', limits), progress());
}

function batchWork(
  kernels: (wanted: KernelChoice) => Promise<Kernel>,
  name: string,
  limits: ReturnType<typeof hostLimits>,
) {
  const access = s3Access(s3);
  const serverClock = new ServerClock();
  // From here on it could work: a worker that waits for batches is not starting any more.
  const readyMs = now();
  return createBatchWork({
    s3,
    reader: new ObjectReader(access, { serverClock }),
    writes: new S3Requests(access, { serverClock }),
    serverClock,
    kernelFor: kernels,
    limits,
    worker: `${name}/${process.pid}`,
    clock: { epoch: Date.now, now },
    usage: () => {
      const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
      return { cpuMs: (userCPUTime + systemCPUTime) / 1000, rssPeakBytes: maxRSS * 1024 };
    },
    coldStartMs: () => readyMs,
    onFailure: (key, detail) => say(`${JSON.stringify(key)}: ${detail}`),
  });
}

/** What this process may use: the limit of its control group, or the memory of the machine. */
function memory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Says at most once a second how far it is, and the end always. */
function progress(): (done: number, total: number) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (done, total) => {
    if (done < total && now() - saidAt < 1000) return;
    saidAt = now();
    say(`${done} of ${total} batches`);
  };
}

function published() {
  const { bucket, key } = splitUri(given('head'));
  return { store: new ObjectStore(s3, bucket), key };
}

async function locate() {
  const { store, key } = published();
  return readHeadLocation(store, key);
}

function secret(): string {
  const { FANFLEET_GRPC_SECRET: value = '' } = process.env;
  if (value.length >= 16) return value;
  throw new FanfleetError('INVALID_INPUT', 'Expected FANFLEET_GRPC_SECRET of at least 16 characters.', {
    source: 'user',
  });
}

function given(name: 'head' | 'address' | 'worker'): string {
  const value = values[name];
  if (value !== undefined) return value;
  throw new FanfleetError('INVALID_INPUT', `Expected --${name} but received none.`, { source: 'user' });
}

function bootStartedAt(): number | undefined {
  const { FANFLEET_BOOT_STARTED_AT: value } = process.env;
  return value === undefined ? undefined : Number(value);
}

async function signalled(): Promise<void> {
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
}

const commands = { head, worker, run, local };
const command = Object.entries(commands).find(([name]) => name === positionals[0])?.[1];
try {
  if (command === undefined) {
    const message = `Expected one of ${Object.keys(commands).join(', ')} but received ${positionals[0]}.`;
    throw new FanfleetError('USAGE', message, { source: 'user' });
  }
  await command();
  // Kept connections to S3 are no reason to stay.
  process.exit(0);
} catch (reason) {
  const error = FanfleetError.from(reason);
  process.stderr.write(
    `[fanfleet] ${error.source === 'internal' ? (error.stack ?? error.message) : error.message}\n`,
  );
  process.exit(1);
}
