import { readFile } from 'node:fs/promises';
import { aggregateArm } from '../../../src/aggregate/arm.ts';
import { readHosts } from '../../../src/aggregate/hosts.ts';
import type { Arm } from '../../../src/contract/arm.ts';
import { layout } from '../../../src/contract/layout.ts';
import { failedRow, type Row } from '../../../src/contract/row.ts';
import type { FleetInfo } from '../../../src/fleet/arm-info.ts';
import type { ArmInput, SummaryInput } from '../../../src/report/summary.ts';
import { type Summary, summarySchema } from '../../../src/report/summary-schema.ts';
import { type Run, resolveRun } from '../../../src/run/run.ts';
import { batchesOf, MemoryBucket, putArm, putManifest, random, rowOf } from '../aggregate/fixture.ts';

export const RUN_ID = '2026-11-21T09-30-00-4f1c';
const START = Date.UTC(2026, 10, 21, 9, 30);

const NORMALISE = {
  name: 'normalise',
  params: { format: 'jpeg', channels: 'each', statisticsRun: '2026-11-20T09-30-00-77aa' },
};

/** Keys as users have them, and keys that try to break out of whatever shows them. */
export const HOSTILE_KEYS = [
  'train/<script>alert(1)</script>.jpg',
  'train/" onload="alert(1).jpg',
  "train/it's & <b>bold</b>.jpg",
  'train/\u202egpj.exe\u001b[31m.jpg',
  'train/😀 naïve +%20#?.jpg',
  `train/${'long-'.repeat(190)}.jpg`,
];

export interface SampleOptions {
  readonly images?: number;
  readonly batchSize?: number;
  readonly repeats?: number;
  readonly schedule?: 'sequential' | 'parallel';
  readonly arms?: readonly Arm[];
  readonly serverlessWorkers?: number;
  /** Keys that fail, beside the hostile ones. */
  readonly failHostile?: boolean;
  /** Another answer of the fleet for one image. */
  readonly disagree?: boolean;
  readonly fleetFails?: boolean;
  readonly baseline?: boolean;
  readonly normalise?: boolean;
  /** Of the batches of an arm, in turn. @default the native one, as of the baseline */
  readonly kernels?: Partial<Record<Arm, readonly string[]>>;
  /** Images of each batch of an arm that its kernel left to others. @default none */
  readonly left?: Partial<Record<Arm, Record<string, number>>>;
}

/** A run as the aggregator finds it: files of both arms in a bucket, aggregated by the code under test. */
export async function sampleInput(options: SampleOptions = {}): Promise<SummaryInput> {
  const {
    images = 1000,
    batchSize = 50,
    repeats = 1,
    schedule = 'sequential',
    arms = ['serverless', 'fleet'],
  } = options;
  const bucket = new MemoryBucket();
  const keys = Array.from({ length: images }, (_, i) => `train/photo-${String(i).padStart(5, '0')}.jpg`);
  const batches = batchesOf(options.failHostile ? [...keys, ...HOSTILE_KEYS] : keys, batchSize, 81_300);
  putManifest(bucket, RUN_ID, batches);
  const run = resolveRun(
    {
      prefix: 'train/',
      repeats,
      schedule,
      arms,
      batchSize,
      ...(options.normalise ? { workload: NORMALISE } : {}),
    },
    RUN_ID,
    START,
    {
      stage: 'local',
      dataBucket: 'fanfleet-local-data',
      requesterPays: false,
      runsBucket: 'fanfleet-local-runs',
      measureFunction: 'fanfleet-local-measure',
      measureModelFunction: 'fanfleet-local-measure-model',
      models: true,
      memory: 1769,
      concurrency: 4,
      batchSize: 100,
      schedule: 'sequential',
      fleetHeartbeat: 60,
      nativeKernels: { packedFor: ['x64', 'arm64'], functions: 'x64' },
    },
  );
  const inputs: ArmInput[] = [];
  let clock = START + 2000;
  for (let round = 0; round < repeats; round += 1) {
    for (const arm of arms) {
      const startedAt = clock;
      const input = await runArm(bucket, batches, { run, arm, round, startedAt, options });
      inputs.push(input);
      clock = (input.times.endedAt ?? clock) + 400;
    }
  }
  return {
    run,
    endedAt: clock + 1500,
    plan: {
      bucket: run.bucket,
      prefix: run.prefix,
      manifestKey: `runs/${RUN_ID}/manifest.json`,
      batches: batches.length,
      items: batches.reduce((sum, { objects }) => sum + objects.length, 0),
      bytes: batches.reduce((sum, { bytes }) => sum + bytes, 0),
      shards: 0,
      skipped: 3,
      leftOut: [],
      notes: [],
      listMs: 41,
      requests: { lists: 1, gets: 0 },
      storageClasses: {},
    },
    environment: {
      offline: true,
      region: 'us-east-1',
      node: '24.21.0',
      platform: 'linux x64',
      cpuModel: 'Intel Xeon Processor @ 2.60GHz',
      cores: 2,
      memoryBytes: 24 * 2 ** 30,
      versions: { fanfleet: '0.1.0', sharp: '0.35.5', ray: '2.59.0', daft: '0.7.26' },
    },
    baseline:
      options.baseline === false
        ? null
        : { items: 200, bytes: 200 * 81_300, wallMs: 3412, cpuMs: 2650, kernel: 'native', complete: false },
    arms: inputs,
  };
}

interface ArmPlan {
  readonly run: Run;
  readonly arm: Arm;
  readonly round: number;
  readonly startedAt: number;
  readonly options: SampleOptions;
}

async function runArm(
  bucket: MemoryBucket,
  batches: ReturnType<typeof batchesOf>,
  { run, arm, round, startedAt, options }: ArmPlan,
): Promise<ArmInput> {
  if (arm === 'fleet' && options.fleetFails) {
    const error = { code: 'FLEET_NOT_READY', message: 'Expected 2 workers within 300 s but 0 joined.' };
    const times = { arm, round, status: 'failed' as const, startedAt, endedAt: startedAt + 301_200, error };
    const { endedAt } = times;
    const found = {
      reader: bucket,
      runId: RUN_ID,
      arm,
      round,
      workload: run.workload,
      startedAt,
      endedAt,
    };
    return { times, aggregate: await aggregateArm(found), fleet: null, hosts: [] };
  }
  const serverless = arm === 'serverless';
  const readyAt = startedAt + (serverless ? 640 : 19_400);
  const count = serverless ? (options.serverlessWorkers ?? 4) : 2;
  const lastEnd = putArm(bucket, RUN_ID, batches, (key) => rowFor(key, arm, options), {
    arm,
    round,
    workers: Array.from({ length: count }, (_, i) => workerName(arm, i)),
    readyAt,
    coldStartMs: serverless ? 410 : 950,
    msPerItem: serverless ? 26 : 15,
    seed: round * 10 + (serverless ? 1 : 2),
    kernels: options.kernels?.[arm],
    left: options.left?.[arm],
  });
  const endedAt = lastEnd + (serverless ? 310 : 2600);
  const times = { arm, round, status: 'succeeded' as const, startedAt, endedAt, error: null };
  const fleet = serverless ? null : fleetInfo(round, startedAt, readyAt, lastEnd);
  const aggregate = await aggregateArm({
    reader: bucket,
    runId: RUN_ID,
    arm,
    round,
    workload: run.workload,
    startedAt,
    endedAt,
    engineStartedAt: fleet?.engineStartedAt,
  });
  if (fleet === null) return { times, aggregate, fleet, hosts: [] };
  putHostFiles(bucket, fleet);
  const hosts = await readHosts({ reader: bucket, runId: RUN_ID, round, fleet, startedAt, endedAt });
  return { times, aggregate, fleet, hosts };
}

/** What hosts write of themselves: the last one was killed before its first samples were there. */
function putHostFiles(
  bucket: MemoryBucket,
  { round, hosts, engineStartedAt, engineEndedAt }: FleetInfo,
): void {
  for (const host of hosts) {
    bucket.put(`${layout.hosts(RUN_ID, round)}${host.instanceId}.json`, JSON.stringify(host));
  }
  for (const { instanceId, role, cpus, memoryBytes } of hosts.slice(0, 2)) {
    const lines: string[] = [];
    for (let at = engineStartedAt - 3_000; at < engineEndedAt + 3_000; at += 1_000) {
      const seconds = lines.length + 1;
      const cpu = role === 'head' ? 0.1 : 1.5;
      const network = { receivedBytes: 9e6 * seconds, sentBytes: 1e5 * seconds };
      const sample = { at, cpu, cpus, memoryBytes: 2 ** 29, memoryLimitBytes: memoryBytes, ...network };
      lines.push(`${JSON.stringify(sample)}\n`);
    }
    bucket.put(`${layout.metrics(RUN_ID, round)}${instanceId}.jsonl`, lines.join(''));
  }
  const change = (at: number, host: number, state: string) => ({ at, address: hosts[host]?.address, state });
  const changes = [
    change(engineStartedAt - 500, 1, 'ALIVE'),
    change(engineStartedAt - 500, 2, 'ALIVE'),
    change(engineEndedAt - 500, 2, 'DEAD'),
  ];
  bucket.put(layout.workerStates(RUN_ID, round), JSON.stringify({ changes }));
}

function rowFor(key: string, arm: Arm, { failHostile, disagree, normalise }: SampleOptions): Row {
  if (failHostile && HOSTILE_KEYS.includes(key)) {
    return failedRow(key, key.includes('long') ? 'OBJECT_MISSING' : 'DECODE_FAILED');
  }
  const next = random(
    [...key].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0) * 31, key.length),
  );
  const level = (from: number, to: number) => Math.floor(from + (to - from) * next());
  const shift = disagree && arm === 'fleet' && key.endsWith('00007.jpg') ? 1 : 0;
  const row = rowOf(
    key,
    [level(20, 90), level(20, 90), level(10, 80)],
    [level(150, 250) + shift, level(140, 240), level(120, 230)],
    normalise ? 'minmax' : 'stats',
  );
  return normalise ? { ...row, output: { pixels_crc32: level(0, 2 ** 32) } } : row;
}

function workerName(arm: Arm, i: number): string {
  return arm === 'serverless'
    ? `2026/11/21/[$LATEST]${(0x9f3a1c + i * 0x1357b).toString(16)}d0c4e8b2`
    : `i-0a1b2c3d4e5f6000${i + 2}/pid-${611 + i}`;
}

function fleetInfo(round: number, startedAt: number, engineStartedAt: number, lastEnd: number): FleetInfo {
  const host = (role: 'head' | 'worker', i: number) => ({
    instanceId: `i-0a1b2c3d4e5f6000${i}`,
    role,
    address: `127.0.0.${10 + i}`,
    instanceType: 't3.medium',
    cpus: 2,
    quotaCpus: 2,
    memoryBytes: 4 * 2 ** 30,
    noNativeKernel: null,
    bootStartedAt: startedAt + 900,
    readyAt: startedAt + (role === 'head' ? 10_200 : 16_800),
    steps: [
      { name: 'packages', ms: 120, startedAt: startedAt + 900 },
      { name: 'environment', ms: 2140, startedAt: startedAt + 1_020 },
      { name: 'ray', ms: 6300, startedAt: startedAt + 3_160 },
    ],
  });
  return {
    arm: 'fleet',
    round,
    engine: 'daft',
    versions: { ray: '2.59.0', daft: '0.7.26', pillow: '13.0.0' },
    settings: { RAY_health_check_period_ms: '1000' },
    status: 'succeeded',
    error: null,
    workersRequested: 2,
    workersJoined: 2,
    clusterStatus:
      '======== Autoscaler status ========\nActive:\n 1 node_head\n 2 node_worker\nPending:\n (no pending nodes)\n',
    dashboard: 'http://127.0.0.11:8265',
    hosts: [host('head', 1), host('worker', 2), host('worker', 3)],
    jobStartedAt: startedAt + 10_300,
    workersReadyAt: startedAt + 17_100,
    engineStartedAt,
    engineEndedAt: lastEnd + 300,
    clock: null,
  };
}

/** The summary of a comparison that really ran offline. */
export async function realSummary(): Promise<Summary> {
  const file = new URL('../../fixtures/summary-real.json', import.meta.url);
  return summarySchema.parse(JSON.parse(await readFile(file, 'utf8')));
}
