import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Scheduler } from '../../../src/grpc/scheduler/scheduler.ts';

const JOB = 'job';
const WORKERS = 4;

/** What may happen; the usual events more often. */
const KINDS = [
  ...(['join', 'rejoin', 'finish', 'finish', 'finish', 'repeat', 'fail', 'giveBack'] as const),
  ...(['leave', 'die', 'beat', 'wait', 'restart', 'resubmit', 'assign', 'assign'] as const),
];
type Kind = (typeof KINDS)[number];
/** The number picks the worker and the batch. */
const event = fc.record({ kind: fc.constantFrom(...KINDS), pick: fc.nat(1000) });

/** A fleet around a scheduler: what workers hold, and which batches have a result. */
class Fleet {
  readonly #total: number;
  readonly #clock = { now: 0 };
  readonly held = new Map<string, Set<number>>();
  readonly finished: { worker: string; batch: number }[] = [];
  readonly stored = new Set<number>();
  accepted = new Map<number, number>();
  scheduler: Scheduler;

  constructor(total: number) {
    this.#total = total;
    this.scheduler = this.#start();
  }

  #start(): Scheduler {
    // A batch that fails often is another property.
    return new Scheduler(() => this.#clock.now, { failuresOfBatch: 1e9 });
  }

  submit(): void {
    this.accepted = new Map();
    const all = [...new Array(this.#total).keys()];
    this.scheduler.submit(
      JOB,
      all.filter((batch) => !this.stored.has(batch)),
    );
  }

  assign(): void {
    for (const { worker, batch } of this.scheduler.assign()) {
      expect(this.stored.has(batch) && this.accepted.has(batch)).toBe(false);
      this.held.get(worker)?.add(batch);
    }
  }

  complete(worker: string, batch: number): void {
    this.stored.add(batch);
    if (this.scheduler.complete(worker, JOB, batch, 10) !== 'accepted') return;
    this.accepted.set(batch, (this.accepted.get(batch) ?? 0) + 1);
  }

  /** Whatever one of the workers and one of its batches can do or suffer; impossible events do nothing. */
  apply(kind: Kind, pick: number): void {
    const worker = `w${pick % WORKERS}`;
    const held = this.held.get(worker);
    const batch = held === undefined ? undefined : [...held][pick % held.size];
    const again = this.finished[pick % this.finished.length];
    const withBatch = (act: (batch: number) => void) => {
      if (batch === undefined) return;
      held?.delete(batch);
      act(batch);
    };
    const events: Record<Kind, () => void> = {
      join: () => {
        this.held.set(worker, new Set());
        this.scheduler.join(worker, 1 + (pick % 3));
      },
      rejoin: () => held && this.scheduler.join(worker, 1 + (pick % 3), JOB, [...held]),
      finish: () =>
        withBatch((done) => {
          this.finished.push({ worker, batch: done });
          this.complete(worker, done);
        }),
      repeat: () => again && this.complete(again.worker, again.batch),
      fail: () => withBatch((failed) => this.scheduler.fail(worker, JOB, failed, { code: 'X', message: '' })),
      giveBack: () => withBatch((returned) => this.scheduler.giveBack(worker, JOB, returned)),
      leave: () => this.scheduler.leave(worker),
      die: () => {
        this.held.delete(worker);
        this.scheduler.lost(worker);
      },
      beat: () => this.scheduler.heard(worker, [...(held ?? [])]),
      wait: () => {
        this.#clock.now += pick * 20;
        this.scheduler.expire();
      },
      restart: () => {
        this.scheduler = this.#start();
        for (const [id, batches] of this.held) this.scheduler.join(id, 2, JOB, [...batches]);
        this.submit();
      },
      resubmit: () => this.submit(),
      assign: () => this.assign(),
    };
    events[kind]();
  }

  /** Let one more worker do what is left. */
  settle(): void {
    for (const id of this.held.keys()) this.scheduler.lost(id);
    this.scheduler.join('last', 2);
    const mine = new Set<number>();
    this.held.set('last', mine);
    for (let turn = 0; turn <= 2 * this.#total && this.scheduler.outcome === undefined; turn += 1) {
      this.assign();
      for (const batch of [...mine]) {
        mine.delete(batch);
        this.complete('last', batch);
      }
    }
  }
}

it('loses no batch and counts none twice, whatever happens in whatever order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(event, { maxLength: 120 }), (total, events) => {
      const fleet = new Fleet(total);
      fleet.submit();
      for (const { kind, pick } of events) {
        fleet.apply(kind, pick);
        const { queued, leased, done, total: all } = fleet.scheduler.counts;
        expect(queued + leased + done).toBe(all);
      }
      fleet.settle();
      expect(fleet.scheduler.outcome).toEqual({});
      expect(fleet.stored.size).toBe(total);
      expect([...fleet.accepted.values()].every((times) => times === 1)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
