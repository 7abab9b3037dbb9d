import { desiredWorkers } from '../scheduler/scaling.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { BootTime } from './boot-time.ts';

/** Where more workers come from. They end themselves when the head lets them go. */
export type WorkerPool = {
  /** What was started before this life of the head: ids, and when they were called for (epoch milliseconds). */
  readonly started: ReadonlyMap<string, number>;
  /** Start so many, or fewer. @returns their ids, by which they will register */
  readonly start: (count: number) => Promise<readonly string[]>;
};

export type ScalerOptions = {
  readonly pool: WorkerPool;
  /** Workers that others started with the head, and that are on their way when it starts. @default 0 */
  readonly launched?: number;
  readonly min: number;
  readonly max: number;
  /** When the job should be done: epoch milliseconds. */
  readonly target: number;
  /** When the job is stopped: epoch milliseconds. */
  readonly end: number;
  /** From the call for a worker until it works, as long as none has come. One that takes four times as long is lost. */
  readonly bootSeconds: number;
  /** Workers of an earlier life of the head join so long, before it is known who is there. @default 10,000 */
  readonly settleMs?: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

const BOOTS_UNTIL_LOST = 4;
const SETTLE_MS = 10_000;
/** After a call for workers that gave none: there is no capacity, or no right. */
const RETRY_MS = 30_000;

/** Keeps as many workers as finish the job in time, within limits. */
export class Scaler {
  readonly #scheduler: Scheduler;
  readonly #options: ScalerOptions;
  readonly #bootTime: BootTime;
  /** Workers that boot, and since when. */
  readonly #booting: Map<string, number>;
  /** Those of them that have not come. Nobody knows their ids. */
  #launched: number;
  readonly #launchedAt: number;
  readonly #seen = new Set<string>();
  readonly #settledAt: number;
  #isStarting = false;
  #retryAt = 0;

  constructor(scheduler: Scheduler, options: ScalerOptions) {
    this.#scheduler = scheduler;
    this.#options = options;
    this.#bootTime = new BootTime(options.bootSeconds);
    this.#booting = new Map(options.pool.started);
    this.#launched = options.launched ?? 0;
    this.#launchedAt = options.now();
    this.#settledAt = this.#launchedAt + (options.settleMs ?? SETTLE_MS);
  }

  /** Start what is missing, or let the slowest go that are too many. To be called every now and then. */
  async adjust(): Promise<void> {
    const { target, end, min, max, now } = this.#options;
    const members = [...this.#scheduler.members];
    for (const member of members) this.#notice(member);
    this.#forgetLost();
    const { queued, leased, total } = this.#scheduler.counts;
    const { toCome } = this.#scheduler;
    const own = queued + leased;
    if (this.#isStarting || now() < this.#settledAt || own === 0) return;
    const staying = members.filter(({ state, leaving }) => state === 'ALIVE' && !leaving);
    const rates = staying.map(({ rate }) => rate).filter((rate) => rate > 0);
    const bootSeconds = this.#bootTime.seconds;
    const calledAt = [...this.#booting.values(), ...new Array<number>(this.#launched).fill(this.#launchedAt)];
    const booting = calledAt.map((since) => Math.max(0, bootSeconds - (now() - since) / 1000));
    const wanted = desiredWorkers({
      batches: own + toCome,
      // However few of a stage are left: the next one has all of them.
      atOnce: toCome === 0 ? own : total,
      rate: rates.length === 0 ? 0 : rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
      secondsLeft: (target - now()) / 1000,
      secondsToEnd: (end - now()) / 1000,
      workers: staying.length,
      ...{ bootSeconds, booting, min, max },
    });
    // Those that boot cannot be called off; they are among the too many once they have joined.
    const tooMany = staying
      .toSorted((a, b) => a.rate - b.rate)
      .slice(0, Math.max(0, staying.length - wanted));
    for (const { id } of tooMany) this.#scheduler.leave(id);
    const missing = wanted - staying.length - booting.length;
    if (missing > 0 && now() >= this.#retryAt) await this.#start(missing);
  }

  async #start(count: number): Promise<void> {
    const { pool, now } = this.#options;
    const calledAt = now();
    this.#isStarting = true;
    this.#retryAt = calledAt + RETRY_MS;
    try {
      const ids = await pool.start(count);
      for (const id of ids) this.#booting.set(id, calledAt);
      if (ids.length > 0) this.#retryAt = 0;
    } finally {
      this.#isStarting = false;
    }
  }

  /** Learn from each worker once, when it has come, how long that takes. */
  #notice({ id, bootSeconds }: { readonly id: string; readonly bootSeconds: number }): void {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const calledAt = this.#booting.get(id);
    if (!this.#booting.delete(id)) this.#launched = Math.max(0, this.#launched - 1);
    const now = this.#options.now();
    // One that comes sooner may have been there before this head.
    if (calledAt !== undefined && now >= this.#settledAt) this.#bootTime.measured((now - calledAt) / 1000);
    else this.#bootTime.told(bootSeconds);
  }

  #forgetLost(): void {
    const lostBefore = this.#options.now() - BOOTS_UNTIL_LOST * this.#bootTime.seconds * 1000;
    for (const [id, since] of this.#booting) if (since < lostBefore) this.#booting.delete(id);
    if (this.#launchedAt < lostBefore) this.#launched = 0;
  }
}
