import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { layout } from '../../src/contract/layout.ts';
import type { Plan } from '../../src/contract/plan.ts';
import type { Span } from '../../src/contract/span.ts';
import type { Emulator } from './emulator.ts';

export const RUNS_BUCKET = 'watched-runs';
export const STAGE = 'watched';

/** A stack that has what commands look for, with a state machine that waits: its executions run until they are stopped. */
export interface WatchedStack {
  readonly store: ObjectStore;
  /** Begin a run whose files say that it has `batches` batches. */
  readonly start: (runId: string, batches: number) => Promise<void>;
  readonly stop: (runId: string) => Promise<void>;
  readonly close: () => void;
}

export async function createWatchedStack(emulator: Emulator): Promise<WatchedStack> {
  await emulator.s3.send(new CreateBucketCommand({ Bucket: RUNS_BUCKET }));
  const sfn = new SFNClient(emulator.client);
  const { stateMachineArn = '' } = await sfn.send(
    new CreateStateMachineCommand({
      name: `fanfleet-${STAGE}`,
      roleArn: 'arn:aws:iam::000000000000:role/any',
      definition: JSON.stringify({
        StartAt: 'Wait',
        States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } },
      }),
    }),
  );
  const outputs = {
    StateMachine: stateMachineArn,
    FleetsStateMachine: `${stateMachineArn}-fleets`,
    RunsBucket: RUNS_BUCKET,
    DataBucketName: 'watched-data',
  };
  const cloudFormation = new CloudFormationClient(emulator.client);
  await cloudFormation.send(
    new CreateStackCommand({
      StackName: `fanfleet-${STAGE}`,
      TemplateBody: JSON.stringify({
        Resources: { Data: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'watched-data' } } },
        Outputs: Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }])),
      }),
    }),
  );
  cloudFormation.destroy();
  const store = new ObjectStore(emulator.s3, RUNS_BUCKET);
  const executionOf = (runId: string) =>
    `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${runId}`;
  return {
    store,
    start: async (runId, batches) => {
      const plan = { bucket: 'watched-data', prefix: 'x/', manifestKey: layout.manifest(runId), batches };
      await store.putJson(layout.request(runId), {
        engine: 'dask',
        repeats: 2,
        keptFleet: null,
        hasStages: false,
      });
      await store.putJson(layout.plan(runId), {
        ...plan,
        ...{ items: 10, bytes: 1, shards: 0, skipped: 0, leftOut: [], notes: [], listMs: 1 },
        ...{ requests: { lists: 1, gets: 0 }, storageClasses: {} },
      } satisfies Plan);
      await sfn.send(new StartExecutionCommand({ stateMachineArn, name: runId, input: '{}' }));
    },
    stop: async (runId) => {
      await sfn.send(new StopExecutionCommand({ executionArn: executionOf(runId) }));
    },
    close: () => sfn.destroy(),
  };
}

/** The files that one host of a fleet leaves. */
export class HostFiles {
  readonly #store: ObjectStore;
  readonly #runId: string;
  readonly #round: number;
  readonly instanceId: string;

  constructor(store: ObjectStore, runId: string, round: number, instanceId: string) {
    this.#store = store;
    this.#runId = runId;
    this.#round = round;
    this.instanceId = instanceId;
  }

  async report(role: 'head' | 'worker', address: string, readyAt: number): Promise<void> {
    const { instanceId } = this;
    await this.#store.putJson(`${layout.hosts(this.#runId, this.#round)}${instanceId}.json`, {
      ...{
        instanceId,
        role,
        address,
        instanceType: 'c7g.large',
        cpus: 2,
        quotaCpus: 2,
        memoryBytes: 2 ** 32,
      },
      ...{ noNativeKernel: null, bootStartedAt: readyAt - 5_000, readyAt, steps: [] },
    });
  }

  /** One a second up to `at`; the host gets 1 MB and sends 2 kB in each. */
  async samples(count: number, at: number, cpu: number): Promise<void> {
    const lines = Array.from({ length: count }, (_, i) => ({
      ...{ at: at - 1_000 * (count - 1 - i), cpu, cpus: 2 },
      ...{ memoryBytes: 512 * 2 ** 20, memoryLimitBytes: 2 ** 32 },
      ...{ receivedBytes: 1e6 * (i + 1), sentBytes: 2e3 * (i + 1) },
    }));
    await this.#store.put(
      `${layout.metrics(this.#runId, this.#round)}${this.instanceId}.jsonl`,
      lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      'application/x-ndjson',
    );
  }

  async span(batch: number, endedAt: number, stage?: number): Promise<void> {
    await this.#store.putJson(layout.span(this.#runId, 'fleet', this.#round, batch, stage), {
      ...{ arm: 'fleet', round: this.#round, worker: `${this.instanceId}/42`, kernel: 'native', batch },
      ...(stage === undefined ? {} : { stage }),
      ...{ queuedAt: 0, startedAt: endedAt - 500, endedAt, coldStartMs: 0, listMs: 0, getMs: 0, decodeMs: 0 },
      ...{ computeMs: 0, putMs: 0, loadMs: 0, processMs: 0, items: 10, bytes: 1, errors: 0, cpuMs: 0 },
      ...{ outputBytes: 0, droppedBits: 0, left: {}, rssPeakBytes: 0, billedMs: 0, clock: null },
    } satisfies Span);
  }
}
