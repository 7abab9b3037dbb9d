import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import { Outbox } from '../outbox.ts';
import {
  type BatchPlace,
  type Head,
  type HeadOrder,
  HeadOrderSchema,
  type Job,
  JobSchema,
  type Registration,
  type RunProgress,
  RunProgressSchema,
  type RunRequest,
  type StatusReply,
  StatusReplySchema,
  type WorkerReport,
  WorkerState,
} from '../protocol/head_pb.js';
import { roundOfStages } from '../scheduler/keepers.ts';
import type { Scheduler, SeenBatch } from '../scheduler/scheduler.ts';
import { stagesToCome } from './stages-to-come.ts';

type Order = MessageInitShape<typeof HeadOrderSchema>;
type Connection = { readonly orders: Outbox<Order>; sentJob: Job | undefined };
/**
 * Told which batches of a job are done, and when they were given out and seen, before its submitter is told that it has
 * ended.
 *
 * @param out the address of the arm's folder
 */
export type KeepSeen = (out: string, seen: Iterable<SeenBatch>) => Promise<void>;
type Submission = { readonly changed: Outbox<void>; replaced: boolean };

/** What a worker gets in the place of a job that is over: it drops what it has of it. */
const NO_JOB = create(JobSchema);
const STATES = { ALIVE: WorkerState.ALIVE, DEAD: WorkerState.DEAD, LEFT: WorkerState.LEFT } as const;

/** The head's calls: what comes in is told to the scheduler, and what it decides is sent. */
export class HeadService implements ServiceImpl<typeof Head> {
  readonly #scheduler: Scheduler;
  readonly #keepSeen: KeepSeen | undefined;
  readonly #connections = new Map<string, Connection>();
  readonly #registrations = new Map<string, Registration>();
  #places = new Map<number, BatchPlace>();
  #job: Job | undefined;
  /** The address of the last job, once it is over. */
  #over: string | undefined;
  #submission: Submission | undefined;
  #drained: (() => void) | undefined;

  constructor(scheduler: Scheduler, keepSeen?: KeepSeen) {
    this.#scheduler = scheduler;
    this.#keepSeen = keepSeen;
  }

  async *work(reports: AsyncIterable<WorkerReport>, context: HandlerContext): AsyncGenerator<HeadOrder> {
    const connection: Connection = { orders: new Outbox(), sentJob: undefined };
    let worker: string | undefined;
    const listen = async () => {
      for await (const report of reports) {
        worker ??= this.#register(report, connection);
        if (this.#connections.get(worker) !== connection) return;
        this.#hear(worker, report, connection);
      }
    };
    context.signal.addEventListener('abort', () => connection.orders.end());
    const listening = listen().then(
      () => connection.orders.end(),
      () => connection.orders.end(),
    );
    try {
      for await (const orders of connection.orders) yield joinOrders(orders);
    } finally {
      if (worker !== undefined && this.#connections.get(worker) === connection) {
        this.#connections.delete(worker);
        this.#scheduler.lost(worker);
        this.#pump();
      }
    }
    // A first report that is wrong is the only reason why a stream ends without a worker.
    if (worker === undefined) {
      await listening;
      throw new ConnectError('Expected the first report to register the worker.', Code.InvalidArgument);
    }
  }

  async *run(request: RunRequest, context: HandlerContext): AsyncGenerator<RunProgress> {
    const { job, batches } = request;
    if (job === undefined) throw new ConnectError('Expected a job.', Code.InvalidArgument);
    const submission: Submission = { changed: new Outbox(), replaced: false };
    if (this.#submission !== undefined) {
      this.#submission.replaced = true;
      this.#submission.changed.end();
    }
    this.#submission = submission;
    context.signal.addEventListener('abort', () => submission.changed.end());
    try {
      yield* this.#seeThrough(submission, job, batches);
    } finally {
      // However it ended, unless another has taken its place or the workers are to finish what they have.
      if (this.#submission === submission && this.#drained === undefined) this.#drop(job);
    }
  }

  async *#seeThrough(
    submission: Submission,
    job: Job,
    batches: readonly BatchPlace[],
  ): AsyncGenerator<RunProgress> {
    [this.#job, this.#over] = [job, undefined];
    this.#places = new Map(batches.map((place) => [place.batch, place]));
    this.#scheduler.submit(
      job.out,
      batches.map(({ batch }) => batch),
      job.stage === '' ? undefined : roundOfStages(job.out),
      stagesToCome(job),
    );
    this.#pump();
    submission.changed.put();
    for await (const _changes of submission.changed) {
      const { done, total } = this.#scheduler.counts;
      const outcome = this.#scheduler.outcome;
      const stopped = this.#drained !== undefined && outcome === undefined;
      if (stopped || outcome !== undefined) await this.#keepSeen?.(job.out, this.#scheduler.seen());
      yield create(RunProgressSchema, { done, total, stopped });
      if (outcome?.failed !== undefined) {
        const { code, message } = outcome.failed;
        throw new ConnectError(`${code}: ${message}`, Code.FailedPrecondition);
      }
      if (stopped || outcome !== undefined) return;
    }
    if (submission.replaced)
      throw new ConnectError('Another submission has taken the place of this one.', Code.Aborted);
  }

  status(): StatusReply {
    const { queued, leased, done } = this.#scheduler.counts;
    const workers = [...this.#scheduler.members].map((member) => ({
      registration: this.#registrations.get(member.id) ?? {},
      state: STATES[member.state],
      leases: member.leases.size,
      done: member.done,
      batchesPerSecond: member.rate,
    }));
    return create(StatusReplySchema, { workers, queued, leased, done });
  }

  /** Ends once all workers have gone. */
  async drain(): Promise<Record<string, never>> {
    this.#scheduler.drain();
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.#submission?.changed.put();
    this.#pump();
    await drained;
    return {};
  }

  /** To be called every now and then: ends what is overdue. */
  tick(): void {
    for (const worker of this.#scheduler.expire()) {
      this.#connections.get(worker)?.orders.end();
      this.#connections.delete(worker);
    }
    this.#pump();
  }

  #register({ registration, job, held }: WorkerReport, connection: Connection): string {
    if (registration === undefined || registration.worker === '' || registration.slots < 1) {
      throw new ConnectError('Expected the first report to register the worker.', Code.InvalidArgument);
    }
    const { worker, slots, bootSeconds } = registration;
    // It was away when the job came to its end.
    const isOver = job !== '' && job === this.#over;
    this.#connections.get(worker)?.orders.end();
    this.#connections.set(worker, connection);
    this.#registrations.set(worker, registration);
    this.#scheduler.join(worker, slots, job === '' ? undefined : job, isOver ? [] : held, bootSeconds);
    // Says that it is in, whether or not there is something to do.
    connection.orders.put(isOver ? { job: NO_JOB } : {});
    return worker;
  }

  #hear(worker: string, report: WorkerReport, { orders }: Connection): void {
    const { job, held, completed, failed, returned, leaving } = report;
    this.#scheduler.heard(worker, held);
    let hasChanged = false;
    for (const { batch, ms } of completed) {
      hasChanged = this.#scheduler.complete(worker, job, batch, ms) === 'accepted' || hasChanged;
    }
    if (completed.length > 0) orders.put({ acknowledged: completed.map(({ batch }) => batch) });
    for (const { batch, code, message } of failed)
      this.#scheduler.fail(worker, job, batch, { code, message });
    for (const batch of returned) this.#scheduler.giveBack(worker, job, batch);
    if (leaving) this.#scheduler.leave(worker);
    if (hasChanged || failed.length > 0) this.#submission?.changed.put();
    this.#pump();
  }

  /** A job is over: copies of its last batches, or all that is left of it, are no work for anybody. */
  #drop({ out }: Job): void {
    [this.#job, this.#submission, this.#over] = [undefined, undefined, out];
    this.#places = new Map();
    this.#scheduler.submit(undefined, []);
    for (const connection of this.#connections.values()) {
      if (connection.sentJob === undefined) continue;
      connection.sentJob = undefined;
      connection.orders.put({ job: NO_JOB });
    }
    this.#pump();
  }

  #pump(): void {
    for (const { worker, batch, deadline } of this.#scheduler.assign()) {
      const connection = this.#connections.get(worker);
      const place = this.#places.get(batch);
      if (connection === undefined || place === undefined || this.#job === undefined) continue;
      const isNews = connection.sentJob !== this.#job;
      connection.sentJob = this.#job;
      connection.orders.put({ ...(isNews && { job: this.#job }), leases: [{ place, deadline }] });
    }
    for (const [worker, { orders }] of this.#connections) {
      if (this.#scheduler.mayGo(worker)) orders.put({ released: true });
    }
    if (this.#connections.size === 0) this.#drained?.();
  }
}

/** One message of all that is to be sent at once. Leases of a job that another has replaced meanwhile are left out. */
function joinOrders(orders: readonly Order[]): HeadOrder {
  const newest = orders.findLastIndex((order) => order.job !== undefined);
  const job = orders[newest]?.job;
  return create(HeadOrderSchema, {
    ...(job !== undefined && { job }),
    leases: orders.slice(Math.max(newest, 0)).flatMap(({ leases = [] }) => leases),
    acknowledged: orders.flatMap(({ acknowledged = [] }) => acknowledged),
    released: orders.some(({ released }) => released),
  });
}
