import { BatchQueue } from './batch-queue.ts';
import { Keepers } from './keepers.ts';
import { Member } from './member.ts';
import { SCHEDULER_DEFAULTS, type SchedulerOptions } from './options.ts';
import { straggler } from './straggler.ts';

export type BatchError = { readonly code: string; readonly message: string };
export type Grant = { readonly worker: string; readonly batch: number; readonly deadline: number };
/** `repeated`: it was accepted before; `unknown`: it belongs to no job of now. Either way the worker may forget it. */
export type Acceptance = 'accepted' | 'repeated' | 'unknown';
export type Outcome = { readonly failed?: BatchError };

/** When the lease of a batch was given, and when whose result was accepted: epoch milliseconds, by the head's clock. */
export type SeenBatch = {
  readonly batch: number;
  readonly worker: string;
  readonly givenAt: number | null;
  readonly seenAt: number;
};

type BatchRecord = {
  done: boolean;
  seen?: Omit<SeenBatch, 'batch'>;
  readonly holders: Set<string>;
  readonly failedOn: Set<string>;
  failures: number;
};

/**
 * Who has which batch. It sends nothing and sets no timers: the transport tells it what happened, and asks `assign`
 * afterwards what to send.
 *
 * A batch is queued, leased to one worker (or two, once the queue is empty and the first is slow) or done, and is
 * accepted as done once. Nothing is kept on disk: what is done lies in S3, workers say what they hold when they join,
 * and the submitter submits what has no result.
 */
export class Scheduler {
  readonly #now: () => number;
  readonly #options: SchedulerOptions;
  readonly #members = new Map<string, Member>();
  #job: string | undefined;
  #batches = new Map<number, BatchRecord>();
  #queue = new BatchQueue();
  readonly #keepers = new Keepers();
  #stagesToCome = 0;
  #done = 0;
  #failure: BatchError | undefined;
  #draining = false;

  /** @param now milliseconds */
  constructor(now: () => number, options: Partial<SchedulerOptions> = {}) {
    this.#now = now;
    this.#options = { ...SCHEDULER_DEFAULTS, ...options };
  }

  /** All workers that ever joined. */
  get members(): Iterable<Readonly<Member>> {
    return this.#members.values();
  }

  get counts() {
    let leased = 0;
    for (const { done, holders } of this.#batches.values()) leased += !done && holders.size > 0 ? 1 : 0;
    return { queued: this.#queue.size, leased, done: this.#done, total: this.#batches.size };
  }

  /** Batches of the jobs that may follow as stages. */
  get toCome(): number {
    return this.#stagesToCome * this.#batches.size;
  }

  /** The batches of the job that are done, in their order. */
  *seen(): Generator<SeenBatch> {
    for (const [batch, { seen }] of this.#batches) if (seen !== undefined) yield { batch, ...seen };
  }

  /** How the job ended, once it has. */
  get outcome(): Outcome | undefined {
    if (this.#failure !== undefined) return { failed: this.#failure };
    return this.#job !== undefined && this.#done === this.#batches.size ? {} : undefined;
  }

  /**
   * Take on a job in place of the one before. Batches that workers hold of the same job stay with them.
   *
   * @param job what tells one job from another; undefined where there is none any more
   * @param batches all that have no result yet
   * @param round the same for jobs one after the other whose batches workers keep: each gets first those that it did before
   * @param stagesToCome such jobs that may follow, of as many batches
   */
  submit(job: string | undefined, batches: readonly number[], round?: string, stagesToCome = 0): void {
    this.#job = job;
    this.#stagesToCome = stagesToCome;
    // Between two of its jobs there is none.
    if (job !== undefined) this.#keepers.begin(round);
    this.#failure = undefined;
    this.#done = 0;
    this.#batches = new Map(
      batches.map((batch) => [batch, { done: false, holders: new Set(), failedOn: new Set(), failures: 0 }]),
    );
    for (const member of this.#members.values()) {
      member.failuresInRow = 0;
      if (member.job !== job) member.leases.clear();
      member.job = job;
      for (const batch of member.leases.keys()) this.#batches.get(batch)?.holders.add(member.id);
    }
    this.#queue = new BatchQueue(
      batches.filter((batch) => this.#batches.get(batch)?.holders.size === 0),
      (batch) => this.#keepers.of(batch),
    );
  }

  /**
   * A worker is there, for the first time or again.
   *
   * @param held the batches of `job` that it goes on with; whatever else it had goes back to the queue
   * @param bootSeconds see `Member`
   */
  join(id: string, slots: number, job?: string, held: readonly number[] = [], bootSeconds = 0): void {
    const now = this.#now();
    const member = this.#members.get(id) ?? new Member(id, slots, now);
    this.#members.set(id, member);
    member.bootSeconds = bootSeconds;
    const mine = new Set(job === this.#job || this.#job === undefined ? held : []);
    for (const batch of [...member.leases.keys()]) if (!mine.has(batch)) this.#release(member, batch);
    Object.assign(member, { slots, state: 'ALIVE', leaving: false, heardAt: now, job: this.#job ?? job });
    for (const batch of mine) this.#lease(member, batch);
  }

  /** A sign of life; the leases of what it holds are extended. */
  heard(id: string, held: readonly number[] = []): void {
    const member = this.#alive(id);
    if (member === undefined) return;
    member.heardAt = this.#now();
    for (const batch of held) {
      const lease = member.leases.get(batch);
      if (lease !== undefined) lease.deadline = member.heardAt + this.#options.leaseMs;
    }
  }

  /** A worker says that the result of a batch is in S3. @param ms that the batch took */
  complete(id: string, job: string, batch: number, ms: number): Acceptance {
    const member = this.#members.get(id);
    const lease = member?.job === job ? member.leases.get(batch) : undefined;
    if (member !== undefined && member.job === job) {
      member.leases.delete(batch);
      member.learn(ms);
      member.failuresInRow = 0;
    }
    const record = job === this.#job ? this.#batches.get(batch) : undefined;
    if (record === undefined) return 'unknown';
    record.holders.delete(id);
    if (record.done) return 'repeated';
    record.done = true;
    record.seen = { worker: id, givenAt: lease?.grantedAt ?? null, seenAt: this.#now() };
    this.#done += 1;
    this.#queue.remove(batch);
    this.#keepers.note(batch, id);
    if (member !== undefined) member.done += 1;
    return 'accepted';
  }

  /** A worker could not do a batch: others try it, until it has failed too often. */
  fail(id: string, job: string, batch: number, error: BatchError): void {
    const member = this.#members.get(id);
    const record = job === this.#job ? this.#batches.get(batch) : undefined;
    if (member === undefined || record === undefined || record.done) {
      if (member?.job === job) member.leases.delete(batch);
      return;
    }
    member.failuresInRow += 1;
    record.failures += 1;
    record.failedOn.add(id);
    const enough = this.#options.failuresOfBatch;
    if (record.failedOn.size >= enough || (record.failures >= enough && this.#failedEverywhere(record))) {
      this.#failure ??= error;
    }
    this.#release(member, batch);
  }

  /** A worker gives a batch back without having tried it. */
  giveBack(id: string, job: string, batch: number): void {
    const member = this.#members.get(id);
    if (member?.job === job) this.#release(member, batch);
  }

  /** A worker leaves: it gets nothing more. */
  leave(id: string): void {
    const member = this.#alive(id);
    if (member !== undefined) member.leaving = true;
  }

  /** A worker is gone: others get what it held. */
  lost(id: string): void {
    const member = this.#alive(id);
    if (member === undefined) return;
    member.state = member.leaving || this.#draining ? 'LEFT' : 'DEAD';
    for (const batch of [...member.leases.keys()]) this.#release(member, batch);
  }

  /** Give out nothing more. */
  drain(): void {
    this.#draining = true;
  }

  /** Whether nothing keeps a worker that leaves. */
  mayGo(id: string): boolean {
    const member = this.#alive(id);
    return member !== undefined && (member.leaving || this.#draining) && member.leases.size === 0;
  }

  /** End what is overdue. @returns the workers that are dead since now */
  expire(): string[] {
    const now = this.#now();
    const dead: string[] = [];
    for (const member of this.#members.values()) {
      if (member.state !== 'ALIVE') continue;
      if (now - member.heardAt > this.#options.silenceMs) {
        this.lost(member.id);
        dead.push(member.id);
        continue;
      }
      for (const [batch, { deadline }] of [...member.leases])
        if (now > deadline) this.#release(member, batch);
    }
    return dead;
  }

  /**
   * Lease out what is to be leased now: the least loaded worker first, so that all end together. A batch that a worker keeps
   * goes to that one while it has a free slot, and to any other rather than that this one has nothing to do. The last batch of each
   * slot goes to one that is free: behind another batch it would wait while a worker has nothing to do.
   */
  assign(): Grant[] {
    if (this.#draining || this.outcome !== undefined) return [];
    const ready = this.#ready();
    const ids = new Set(ready.map(({ id }) => id));
    const slots = ready.reduce((sum, member) => sum + member.slots, 0);
    const isFree = (member: Member) => member.leases.size < member.slots;
    const hasRoom = (member: Member) =>
      this.#queue.size > slots && member.leases.size < member.wanted(this.#options);
    const fits = (member: Member) => (batch: number) => this.#suits(member, batch, ready);
    const take = (member: Member) => this.#queue.take(member.id, fits(member), (keeper) => ids.has(keeper));
    const grants = [
      ...this.#fill(ready, isFree, take),
      ...this.#fill(ready, isFree, (member) => this.#queue.takeKept(fits(member))),
      ...this.#fill(ready, hasRoom, take),
    ];
    if (this.#queue.size === 0) grants.push(...this.#copies(ready));
    return grants;
  }

  /** Lease out what `take` finds, the least loaded worker first, to those that have room. */
  #fill(
    ready: readonly Member[],
    hasRoom: (member: Member) => boolean,
    take: (member: Member) => number | undefined,
  ): Grant[] {
    const grants: Grant[] = [];
    const open = new Set(ready.filter(hasRoom));
    while (this.#queue.size > 0 && open.size > 0) {
      const member = [...open].reduce((least, other) => (other.load < least.load ? other : least));
      const batch = hasRoom(member) ? take(member) : undefined;
      if (batch === undefined) open.delete(member);
      else grants.push(this.#grant(member, batch));
    }
    return grants;
  }

  /** The slowest batches once more, on workers that have nothing to do. */
  #copies(ready: readonly Member[]): Grant[] {
    const grants: Grant[] = [];
    for (const member of ready) {
      while (member.leases.size < member.slots) {
        const batch = straggler(this.#members.values(), this.#now(), this.#options, (candidate) => {
          const record = this.#batches.get(candidate);
          return (
            record !== undefined &&
            !record.done &&
            record.holders.size === 1 &&
            !record.holders.has(member.id) &&
            !record.failedOn.has(member.id)
          );
        });
        if (batch === undefined) break;
        grants.push(this.#grant(member, batch));
      }
    }
    return grants;
  }

  /** Workers that may get something; those that only fail are left out unless all do. */
  #ready(): Member[] {
    const there = [...this.#members.values()].filter(({ state, leaving }) => state === 'ALIVE' && !leaving);
    const healthy = there.filter(({ failuresInRow }) => failuresInRow < this.#options.failuresOfWorker);
    return healthy.length > 0 ? healthy : there;
  }

  #suits(member: Member, batch: number, ready: readonly Member[]): boolean {
    const failedOn = this.#batches.get(batch)?.failedOn;
    return failedOn === undefined || !failedOn.has(member.id) || ready.every(({ id }) => failedOn.has(id));
  }

  #failedEverywhere({ failedOn }: BatchRecord): boolean {
    return this.#ready().every(({ id }) => failedOn.has(id));
  }

  #grant(member: Member, batch: number): Grant {
    return { worker: member.id, batch, deadline: this.#lease(member, batch) };
  }

  #lease(member: Member, batch: number): number {
    const now = this.#now();
    const deadline = now + this.#options.leaseMs;
    member.leases.set(batch, { grantedAt: member.leases.get(batch)?.grantedAt ?? now, deadline });
    this.#batches.get(batch)?.holders.add(member.id);
    this.#queue.remove(batch);
    return deadline;
  }

  #release(member: Member, batch: number): void {
    member.leases.delete(batch);
    const record = member.job === this.#job ? this.#batches.get(batch) : undefined;
    record?.holders.delete(member.id);
    if (record !== undefined && !record.done && record.holders.size === 0) this.#queue.putBack(batch);
  }

  #alive(id: string): Member | undefined {
    const member = this.#members.get(id);
    return member?.state === 'ALIVE' ? member : undefined;
  }
}
