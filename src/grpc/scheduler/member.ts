import type { SchedulerOptions } from './options.ts';

/** A worker that left said so; one that is dead did not. */
export type MemberState = 'ALIVE' | 'DEAD' | 'LEFT';

/** A worker's right to do a batch. Epoch milliseconds. */
export type Lease = { readonly grantedAt: number; deadline: number };

/** How much of what a batch takes is learnt from the newest one. */
const NEWEST = 0.2;

/** What the scheduler knows of a worker. */
export class Member {
  readonly id: string;
  slots: number;
  state: MemberState = 'ALIVE';
  leaving = false;
  /** The job that `leases` belong to. */
  job: string | undefined;
  readonly leases = new Map<number, Lease>();
  heardAt: number;
  /** From the start of its user data until it could do batches, as it says itself; 0 if it does not know. */
  bootSeconds = 0;
  done = 0;
  failuresInRow = 0;
  /** Mean milliseconds of a batch, the newest counting most; undefined before the first. */
  meanMs: number | undefined;

  constructor(id: string, slots: number, now: number) {
    this.id = id;
    this.slots = slots;
    this.heardAt = now;
  }

  learn(ms: number): void {
    this.meanMs = this.meanMs === undefined ? ms : this.meanMs + NEWEST * (ms - this.meanMs);
  }

  /** Batches per second with all slots busy; 0 while it is not known. */
  get rate(): number {
    return this.meanMs === undefined ? 0 : (this.slots * 1000) / Math.max(this.meanMs, 0.1);
  }

  /** How full it is, in batches per slot. */
  get load(): number {
    return this.leases.size / this.slots;
  }

  /** How many leases keep it busy: its slots, and what it does meanwhile an order is on its way. */
  wanted({ aheadMs, aheadPerSlot }: Pick<SchedulerOptions, 'aheadMs' | 'aheadPerSlot'>): number {
    if (this.meanMs === undefined) return 2 * this.slots;
    const ahead = Math.ceil((this.rate * aheadMs) / 1000);
    return this.slots + Math.min(Math.max(ahead, 1), aheadPerSlot * this.slots);
  }
}
