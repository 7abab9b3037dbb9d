import { FanfleetError } from '../../errors.ts';
import type { BatchPlace, Completion, Failure, Job } from '../protocol/head_pb.js';
import type { BatchWork } from './batch-work.ts';

export type LeaseRunnerOptions = {
  readonly slots: number;
  readonly work: BatchWork;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Called when there is news in `completed` or `failed`. */
  readonly onNews: () => void;
};

type Ended<T> = Pick<T, Exclude<keyof T, '$typeName' | '$unknown'>>;

/**
 * Does leased batches, as many at once as it has slots: a batch leaves its slot when it has nothing more to compute, so
 * that the next one does not wait for S3. It goes on when the head is away.
 */
export class LeaseRunner {
  readonly #options: LeaseRunnerOptions;
  readonly #free: number[];
  readonly #waiting = new Map<number, BatchPlace>();
  readonly #running = new Set<number>();
  readonly #completed = new Map<number, Ended<Completion>>();
  #failed: Ended<Failure>[] = [];
  #job: Job | undefined;
  /** Aborted once the job is over. */
  #over = new AbortController();

  constructor(options: LeaseRunnerOptions) {
    this.#options = options;
    this.#free = Array.from({ length: options.slots }, (_, slot) => slot).reverse();
  }

  get job(): string {
    return this.#job?.out ?? '';
  }

  /** Batches that it has and that are not done. */
  get held(): readonly number[] {
    return [...this.#running, ...this.#waiting.keys()];
  }

  /** Done, and not yet acknowledged by the head. */
  get completed(): readonly Ended<Completion>[] {
    return [...this.#completed.values()];
  }

  get isIdle(): boolean {
    return this.#running.size === 0 && this.#waiting.size === 0;
  }

  /** Failures that the head has not been told. They are told once: a lost one ends with its lease. */
  takeFailed(): readonly Ended<Failure>[] {
    const failed = this.#failed;
    this.#failed = [];
    return failed;
  }

  /** What comes next is of this job; what there is of another is dropped, and what was begun of it is given up. */
  setJob(job: Job): void {
    if (job.out !== this.job) {
      this.#waiting.clear();
      this.#running.clear();
      this.#completed.clear();
      this.#failed = [];
      this.#over.abort();
      this.#over = new AbortController();
    }
    this.#job = job;
  }

  /** Take a batch on. One that it has already is not done twice. */
  add(place: BatchPlace): void {
    const { batch } = place;
    if (this.#running.has(batch) || this.#waiting.has(batch)) return;
    this.#completed.delete(batch);
    this.#waiting.set(batch, place);
    this.#start();
  }

  acknowledge(batch: number): void {
    this.#completed.delete(batch);
  }

  /** Drop what has not been begun. @returns the batches */
  giveBack(): readonly number[] {
    const batches = [...this.#waiting.keys()];
    this.#waiting.clear();
    return batches;
  }

  #start(): void {
    const job = this.#job;
    for (const [batch, place] of this.#waiting) {
      const slot = job === undefined ? undefined : this.#free.pop();
      if (job === undefined || slot === undefined) return;
      this.#waiting.delete(batch);
      this.#running.add(batch);
      void this.#do(job, place, slot);
    }
  }

  async #do(job: Job, place: BatchPlace, slot: number): Promise<void> {
    const { batch } = place;
    const started = this.#options.now();
    let [isInSlot, ms] = [true, 0];
    const leaveSlot = () => {
      if (!isInSlot) return;
      [isInSlot, ms] = [false, this.#options.now() - started];
      this.#free.push(slot);
      this.#start();
    };
    const error = await this.#options.work(job, place, slot, leaveSlot, this.#over.signal).then(
      () => undefined,
      (reason) => FanfleetError.from(reason),
    );
    leaveSlot();
    // Of a job that has been replaced the head wants to hear nothing.
    if (job.out === this.job) {
      this.#running.delete(batch);
      if (error === undefined) this.#completed.set(batch, { batch, ms });
      else this.#failed.push({ batch, code: error.code, message: error.message.slice(0, 600) });
      this.#options.onNews();
    }
  }
}
