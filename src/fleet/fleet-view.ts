import type { ObjectStore } from '../aws/object-store.ts';
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts';
import { layout } from '../contract/layout.ts';
import { spanSchema } from '../contract/span.ts';
import { byName } from '../timing/workers.ts';
import { type HostReport, hostFiles, readHostReport, readIfSound, readWorkerStates } from './host-files.ts';
import type { FleetInstance } from './instances.ts';
import { cpuFraction, parseSamples, type Sample } from './samples.ts';
import { statesOf, type WorkerState, type WorkerStates } from './worker-states.ts';

/** A host as it is now. A null says: not known (any more). */
export interface HostView {
  readonly instanceId: string;
  readonly role: 'head' | 'worker' | null;
  readonly address: string | null;
  readonly instanceType: string | null;
  /** EC2's own. */
  readonly ec2State: string | null;
  /** What the engine says of a worker. */
  readonly state: WorkerState | null;
  /** Part of its own cores, 0 to 1. */
  readonly cpu: number | null;
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly memoryLimitBytes: number | null;
  readonly receivedBytesPerSecond: number | null;
  readonly sentBytesPerSecond: number | null;
  /** Batches that it has done, of the newest stage where there are several; and how many a second lately. */
  readonly batches: number;
  readonly batchesPerSecond: number;
  /** Epoch milliseconds of the last sign of life by the host's own clock. */
  readonly lastHeardAt: number | null;
}

export interface FleetView {
  readonly round: number;
  /** The newest one, of a workload with several. */
  readonly stage: number | null;
  /** By all hosts, also those that nobody knows any more. */
  readonly batches: number;
  /** The head first. */
  readonly hosts: readonly HostView[];
}

type Store = Pick<ObjectStore, 'get' | 'list' | 'tail'>;

/** What files of hosts are named by. */
export interface FleetPlace {
  readonly runId: string;
  readonly round: number;
}

/** Enough for the last samples of a host, whose lines are some 140 bytes. */
const TAIL_BYTES = 1_024;
const CONCURRENCY = 16;
/** The rate of batches is over this long. */
const RATE_MS = 10_000;
/** Samples come every five seconds, or later where one is of several seconds. After three times that they are old. */
const STALE_MS_PER_SAMPLE_MS = 15;

/** Work that is done: by which instance, and when it ended. */
interface Done {
  readonly stage: number | null;
  readonly instanceId: string;
  readonly endedAt: number;
}

/** A round of a fleet as its files say it is now; what does not change is read once. */
export class FleetWatch {
  readonly #store: Store;
  readonly #runId: string;
  readonly #round: number;
  readonly #fleet: FleetPlace;
  readonly #reports = new Map<string, HostReport>();
  readonly #sizes = new Map<string, number>();
  readonly #samples = new Map<string, readonly Sample[]>();
  readonly #done = new Map<string, Done>();
  /** The newest one. */
  #stage: number | null;

  /**
   * @param hasStages whether its batches are done in stages
   * @param fleet where its hosts write. @default below the run; `keptFleetRun` and 0 of a kept fleet
   */
  constructor(
    store: Store,
    runId: string,
    round: number,
    hasStages: boolean,
    fleet: FleetPlace = { runId, round },
  ) {
    this.#store = store;
    this.#runId = runId;
    this.#round = round;
    this.#fleet = fleet;
    this.#stage = hasStages ? 0 : null;
  }

  /** @param now epoch milliseconds */
  async look(instances: readonly FleetInstance[], now: number): Promise<FleetView> {
    const [states] = await Promise.all([
      readWorkerStates(this.#store, this.#fleet.runId, this.#fleet.round),
      this.#readReports(),
      this.#readSamples(),
      this.#readSpans(),
    ]);
    const own = instances.filter(({ round }) => round === this.#fleet.round);
    const ids = new Set([...own.map(({ instanceId }) => instanceId), ...this.#reports.keys()]);
    const batches = Map.groupBy(this.#done.values(), ({ instanceId }) => instanceId);
    const hosts = [...ids].map((id) =>
      this.#host(
        id,
        own.find(({ instanceId }) => instanceId === id),
        states,
        batches.get(id) ?? [],
        now,
      ),
    );
    return {
      round: this.#round,
      stage: this.#stage,
      batches: [...this.#done.values()].filter(({ stage }) => stage === this.#stage).length,
      hosts: hosts.sort((a, b) => order(a) - order(b) || byName(nameOf(a), nameOf(b))),
    };
  }

  #host(
    instanceId: string,
    instance: FleetInstance | undefined,
    states: WorkerStates,
    done: readonly Done[],
    now: number,
  ): HostView {
    const report = this.#reports.get(instanceId);
    const samples = this.#samples.get(instanceId) ?? [];
    const role = report?.role ?? instance?.role ?? null;
    const address = report?.address ?? instance?.address ?? null;
    const signs = [report?.readyAt, samples.at(-1)?.at, ...done.map(({ endedAt }) => endedAt)];
    const heard = Math.max(...signs.map((at) => at ?? 0));
    return {
      instanceId,
      role,
      address,
      instanceType: report?.instanceType ?? instance?.instanceType ?? null,
      ec2State: instance?.state ?? null,
      state: role === 'worker' && address !== null ? (statesOf(states, address).at(-1)?.state ?? null) : null,
      ...figuresOf(samples, now),
      batches: done.filter(({ stage }) => stage === this.#stage).length,
      batchesPerSecond: done.filter(({ endedAt }) => endedAt > now - RATE_MS).length / (RATE_MS / 1000),
      lastHeardAt: heard === 0 ? null : heard,
    };
  }

  async #readReports(): Promise<void> {
    const files = await hostFiles(this.#store, layout.hosts(this.#fleet.runId, this.#fleet.round));
    const unread = [...files.keys()].filter((id) => !this.#reports.has(id));
    await forEachConcurrent(unread, CONCURRENCY, async (id) => {
      const report = await readHostReport(this.#store, this.#fleet.runId, this.#fleet.round, id);
      if (report !== null) this.#reports.set(id, report);
    });
  }

  async #readSamples(): Promise<void> {
    const prefix = layout.metrics(this.#fleet.runId, this.#fleet.round);
    const files = await hostFiles(this.#store, prefix);
    const changed = [...files].filter(([id, size]) => this.#sizes.get(id) !== size);
    await forEachConcurrent(changed, CONCURRENCY, async ([id, size]) => {
      const tail = await this.#store.tail(`${prefix}${id}.jsonl`, TAIL_BYTES);
      this.#samples.set(id, parseSamples(tail.toString('utf8')));
      this.#sizes.set(id, size);
    });
  }

  /** Those of the newest stage and of such that have begun since. */
  async #readSpans(): Promise<void> {
    await this.#readSpansOf(this.#stage);
    while (this.#stage !== null && (await this.#readSpansOf(this.#stage + 1)) > 0) this.#stage += 1;
  }

  /** @returns how many there are */
  async #readSpansOf(stage: number | null): Promise<number> {
    const unread: string[] = [];
    let count = 0;
    const prefix = layout.spans(this.#runId, 'fleet', this.#round, stage ?? undefined);
    for await (const { key } of this.#store.list(prefix)) {
      count += 1;
      if (!this.#done.has(key)) unread.push(key);
    }
    await forEachConcurrent(unread, CONCURRENCY, async (key) => {
      const span = await readIfSound(this.#store, key, spanSchema);
      const [instanceId = ''] = span?.worker.split('/', 1) ?? [];
      this.#done.set(key, { stage, instanceId, endedAt: span?.endedAt ?? 0 });
    });
    return count;
  }
}

/** What the newest samples say, unless they are old. */
function figuresOf(samples: readonly Sample[], now: number) {
  const [before, last] = samples.slice(-2);
  const sampleMs = last && before ? last.at - before.at : 1_000;
  if (last === undefined || before === undefined || now - last.at > STALE_MS_PER_SAMPLE_MS * sampleMs) {
    return {
      cpu: null,
      cpus: last?.cpus ?? null,
      memoryBytes: null,
      memoryLimitBytes: last?.memoryLimitBytes ?? null,
      receivedBytesPerSecond: null,
      sentBytesPerSecond: null,
    };
  }
  const rate = (name: 'receivedBytes' | 'sentBytes') => {
    const [from, to] = [before[name], last[name]];
    return from === null || to === null ? null : Math.max(0, to - from) / (sampleMs / 1000);
  };
  return {
    cpu: cpuFraction(last),
    cpus: last.cpus,
    memoryBytes: last.memoryBytes,
    memoryLimitBytes: last.memoryLimitBytes,
    receivedBytesPerSecond: rate('receivedBytes'),
    sentBytesPerSecond: rate('sentBytes'),
  };
}

function order({ role }: HostView): number {
  return role === 'head' ? 0 : 1;
}

function nameOf({ address, instanceId }: HostView): string {
  return address ?? instanceId;
}
