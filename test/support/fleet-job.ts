import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  CreateActivityCommand,
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetActivityTaskCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { ObjectStore } from '../../src/aws/object-store.ts';
import type { Architecture } from '../../src/contract/architecture.ts';
import { layout } from '../../src/contract/layout.ts';
import type { Batch, DatasetObject } from '../../src/contract/manifest.ts';
import { type FleetInfo, fleetInfoSchema } from '../../src/fleet/arm-info.ts';
import { readBootScript } from '../../src/fleet/boot-script.ts';
import { packBundle, uploadBundle } from '../../src/fleet/bundle.ts';
import { enqueue } from '../../src/fleet/kept/queue.ts';
import { userData } from '../../src/fleet/user-data.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { bootHost, type FleetHost, imageVenv } from './fleet-host.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The hosts' processor, which is that of this machine. */
const HERE: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
export const RUNS = 'fleet-runs';
export const DATA = 'fleet-data';
export const ROUND = 1;
const WORKLOAD = JSON.stringify({ name: 'statistics', params: { operation: 'max', depth: '8' } });

/** Fleets without the rest of the stack: hosts are process groups, and an activity waits where the state machine would. */
export class FleetJobs {
  readonly emulator: Emulator;
  readonly #sfn: SFNClient;
  readonly #ssm: SSMClient;
  readonly #dir: string;
  readonly #venv: string;
  readonly #bundle: { readonly key: string; readonly sha256: string };
  #hosts: FleetHost[] = [];
  #booted = 0;
  readonly #stopping = new AbortController();

  /** @param program whether the gRPC program is packed, too. @default false */
  static async start({ program = false } = {}): Promise<FleetJobs> {
    const emulator = await startEmulator();
    const dir = await mkdtemp(join(shortFolder(), 'j'));
    const venv = await imageVenv(join(dir, 'venv'));
    for (const Bucket of [RUNS, DATA]) await emulator.s3.send(new CreateBucketCommand({ Bucket }));
    const bundle = await packBundle(ROOT, { processor: HERE, program });
    await uploadBundle(emulator.s3, RUNS, bundle);
    return new FleetJobs(emulator, dir, venv, bundle);
  }

  private constructor(
    emulator: Emulator,
    dir: string,
    venv: string,
    bundle: { readonly key: string; readonly sha256: string },
  ) {
    const config = {
      endpoint: emulator.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    this.emulator = emulator;
    this.#sfn = new SFNClient(config);
    this.#ssm = new SSMClient(config);
    this.#dir = dir;
    this.#venv = venv;
    this.#bundle = bundle;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.stopHosts();
    this.#sfn.destroy();
    this.#ssm.destroy();
    await this.emulator.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async stopHosts(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.stop()));
    this.#hosts = [];
  }

  /** What all hosts printed. */
  async consoles(): Promise<string> {
    return (await Promise.all(this.#hosts.map((host) => host.console()))).join('\n');
  }

  /**
   * An execution that waits for whoever has the secrets in the parameter of the run.
   *
   * @param isKept whether it waits once more, with another token in the same parameter, as the one that keeps a fleet does
   */
  async execute(runId: string, isKept = false): Promise<{ execution: string; secret: string }> {
    const { activityArn } = await this.#sfn.send(new CreateActivityCommand({ name: runId }));
    const waiting = { Type: 'Task', Resource: activityArn, TimeoutSeconds: 170 };
    const definition = JSON.stringify({
      StartAt: isKept ? 'Boot' : 'Fleet',
      States: { ...(isKept && { Boot: { ...waiting, Next: 'Fleet' } }), Fleet: { ...waiting, End: true } },
    });
    const roleArn = 'arn:aws:iam::000000000000:role/test';
    const { stateMachineArn } = await this.#sfn.send(
      new CreateStateMachineCommand({ name: runId, definition, roleArn }),
    );
    const { executionArn } = await this.#sfn.send(
      new StartExecutionCommand({ stateMachineArn, input: '{}' }),
    );
    const secret = randomBytes(24).toString('hex');
    await this.#putNextToken(activityArn, runId, secret);
    if (isKept) {
      this.#putNextToken(activityArn, runId, secret).catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) throw error;
      });
    }
    if (executionArn === undefined) throw new Error('Expected an execution');
    return { execution: executionArn, secret };
  }

  /** Wait until an execution waits, and put its token where a head finds it. */
  async #putNextToken(activityArn: string | undefined, runId: string, rayToken: string): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      const options = { abortSignal: signal };
      const { taskToken } = await this.#sfn.send(new GetActivityTaskCommand({ activityArn }), options);
      if (taskToken === undefined || taskToken === '') continue;
      const Value = JSON.stringify({ taskToken, rayToken });
      const Name = parameter(runId);
      await this.#ssm.send(new PutParameterCommand({ Name, Type: 'SecureString', Value, Overwrite: true }));
      return;
    }
  }

  /** Boot a host as `launch-fleet` would; `changes` are variables of the header. */
  async boot(
    role: 'head' | 'worker',
    address: string,
    instanceId: string,
    runId: string,
    changes: Record<string, string>,
  ): Promise<FleetHost> {
    const script = await readBootScript(ROOT, role);
    const header = {
      FANFLEET_RUN_ID: runId,
      FANFLEET_ROUND: String(ROUND),
      FANFLEET_STAGE: 'test',
      FANFLEET_REGION: 'us-east-1',
      FANFLEET_RUNS_BUCKET: RUNS,
      FANFLEET_DATA_BUCKET: DATA,
      FANFLEET_REQUESTER_PAYS: 'false',
      FANFLEET_ENDPOINT_URL: this.emulator.endpoint,
      FANFLEET_PARAMETER: parameter(runId),
      FANFLEET_BUNDLE_KEY: this.#bundle.key,
      FANFLEET_BUNDLE_SHA256: this.#bundle.sha256,
      FANFLEET_ENGINE: 'daft',
      FANFLEET_WORKLOAD: WORKLOAD,
      FANFLEET_KERNEL: 'auto',
      FANFLEET_IMAGE_MEMORY: '1024',
      FANFLEET_WORKERS: '1',
      FANFLEET_JOIN_DEADLINE_S: '60',
      FANFLEET_DEADLINE_S: '180',
      FANFLEET_JOB_DEADLINE_S: '160',
      FANFLEET_SWAP_GIB: '0',
      ...changes,
    };
    this.#booted += 1;
    const folder = join(this.#dir, `${this.#booted}${role[0]}`);
    const host = await bootHost(folder, address, instanceId, userData(script, header), this.#venv);
    this.#hosts.push(host);
    return host;
  }

  /** Boot a head and workers that are kept, on addresses of their own. */
  async keep(
    id: string,
    [head, ...workers]: readonly [string, ...string[]],
    changes: Record<string, string>,
  ): Promise<{ execution: string; secret: string; hosts: FleetHost[] }> {
    const { execution, secret } = await this.execute(id, true);
    const header = {
      FANFLEET_FLEET: id,
      FANFLEET_IDLE_S: '60',
      FANFLEET_WORKERS: String(workers.length),
      ...changes,
    };
    const hosts = [await this.boot('head', head, `i-${id}-head`, id, header)];
    for (const [number, address] of workers.entries()) {
      const own = { ...header, FANFLEET_HEAD_ADDRESS: head };
      hosts.push(await this.boot('worker', address, `i-${id}-${number}`, id, own));
    }
    return { execution, secret, hosts };
  }

  /** Put a job of a run with a manifest into the queue of a kept fleet. */
  async submit(id: string, runId: string, changes: Record<string, string> = {}): Promise<string> {
    const { execution } = await this.execute(runId);
    const variables = {
      FANFLEET_RUN_ID: runId,
      FANFLEET_ROUND: String(ROUND),
      FANFLEET_DATA_BUCKET: DATA,
      FANFLEET_REQUESTER_PAYS: 'false',
      FANFLEET_WORKLOAD: WORKLOAD,
      FANFLEET_KERNEL: 'auto',
      FANFLEET_IMAGE_MEMORY: '1024',
      ...changes,
    };
    const job = { variables, parameter: parameter(runId), deadline: 160, submittedAt: Date.now() };
    const put = await enqueue(this.store, id, job);
    if ('ended' in put) throw new Error(`Expected ${id} to take jobs but it has ended: ${put.ended}`);
    return execution;
  }

  /** As a user does who needs a run no more: its execution ends, and `terminate-fleet` takes its secret away. */
  async stopRun(executionArn: string, runId: string): Promise<void> {
    await this.#sfn.send(new StopExecutionCommand({ executionArn }));
    await this.#ssm.send(new DeleteParameterCommand({ Name: parameter(runId) }));
  }

  get store(): ObjectStore {
    return new ObjectStore(this.emulator.s3, RUNS);
  }

  /** How an execution stands once it is over, or when `withinMs` have passed. */
  async settled(executionArn: string, withinMs: number): Promise<DescribeExecutionOutput> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const described = await this.#sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (described.status !== 'RUNNING' || Date.now() > deadline) return described;
      await wait(300);
    }
  }

  async putImage(key: string, body: Buffer): Promise<DatasetObject> {
    return { key, size: body.length, etag: await this.#put(DATA, key, body) };
  }

  async putManifest(runId: string, batches: readonly Batch[]): Promise<void> {
    const lines = batches.map((batch) => JSON.stringify(batch));
    await this.#put(RUNS, layout.manifest(runId), `[\n${lines.join(',\n')}\n]\n`);
  }

  async info(runId: string): Promise<FleetInfo> {
    return fleetInfoSchema.parse(await this.json(layout.armInfo(runId, 'fleet', ROUND)));
  }

  async text(Key: string): Promise<string> {
    const { Body } = await this.emulator.s3.send(new GetObjectCommand({ Bucket: RUNS, Key }));
    return (await Body?.transformToString()) ?? '';
  }

  async json(key: string): Promise<unknown> {
    return JSON.parse(await this.text(key));
  }

  async #put(Bucket: string, Key: string, Body: Buffer | string): Promise<string> {
    const { ETag } = await this.emulator.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    return ETag ?? '';
  }
}

/** Batches of `size` objects, in order. */
export function cutBatches(objects: readonly DatasetObject[], size: number): Batch[] {
  return Array.from({ length: Math.ceil(objects.length / size) }, (_, batch) => {
    const part = objects.slice(batch * size, (batch + 1) * size);
    return { batch, bytes: part.reduce((sum, object) => sum + object.size, 0), objects: part };
  });
}

/** For temporary files. Sockets of Ray lie under it, and their paths may have 107 bytes, of which it takes 84. */
function shortFolder(): string {
  return tmpdir().length <= '/tmp/ft-12345678'.length ? tmpdir() : '/tmp';
}

function parameter(runId: string): string {
  return `/fanfleet/test/${runId}`;
}
