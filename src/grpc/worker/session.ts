import { create } from '@bufbuild/protobuf';
import { connectToHead } from '../client.ts';
import type { HeadLocation } from '../head-location.ts';
import { Outbox } from '../outbox.ts';
import {
  type HeadOrder,
  RegistrationSchema,
  type WorkerReport,
  WorkerReportSchema,
} from '../protocol/head_pb.js';
import type { LeaseRunner } from './lease-runner.ts';

export type SessionOptions = {
  readonly secret: string;
  /** As the head shall know this worker. */
  readonly identity: {
    /** The instance id. */
    readonly worker: string;
    readonly address: string;
    readonly kernel: string;
    readonly version: string;
    /** From the start of its user data until it could do batches. @default it is not known */
    readonly bootSeconds?: number;
  };
  /** Batches at once. */
  readonly slots: number;
  /** Once it is aborted, the worker finishes what it has begun, and goes. */
  readonly leave: AbortSignal;
  readonly onJoined: () => void;
};

/** One connection of a worker to the head. */
export class Session {
  readonly #options: SessionOptions;
  readonly #runner: LeaseRunner;
  /** Reasons to report; what a report says is found out when it is sent. */
  readonly #news = new Outbox<'news'>();

  constructor(options: SessionOptions, runner: LeaseRunner) {
    this.#options = options;
    this.#runner = runner;
  }

  /** Tell the head how things stand, as soon as it can be told. */
  report(): void {
    this.#news.put('news');
  }

  /**
   * Stay connected as long as that goes.
   *
   * @returns whether the head has let this worker go
   * @throws ConnectError
   */
  async run(location: HeadLocation): Promise<boolean> {
    const { client, close } = connectToHead(location, this.#options.secret);
    let isJoined = false;
    try {
      for await (const order of client.work(this.#reports())) {
        if (!isJoined) this.#options.onJoined();
        isJoined = true;
        this.#obey(order);
        if (order.released && this.#runner.isIdle) return true;
      }
      return false;
    } finally {
      this.#news.end();
      close();
    }
  }

  async *#reports(): AsyncGenerator<WorkerReport> {
    const { identity, slots, leave } = this.#options;
    const registration = create(RegistrationSchema, { ...identity, slots });
    yield this.#compose(registration);
    if (leave.aborted) this.report();
    for await (const _news of this.#news) yield this.#compose();
  }

  #compose(registration?: WorkerReport['registration']): WorkerReport {
    const runner = this.#runner;
    const leaving = this.#options.leave.aborted && registration === undefined;
    const returned = leaving ? runner.giveBack() : [];
    return create(WorkerReportSchema, {
      ...(registration && { registration }),
      job: runner.job,
      held: [...runner.held],
      completed: [...runner.completed],
      failed: [...runner.takeFailed()],
      returned: [...returned],
      leaving,
    });
  }

  #obey({ job, leases, acknowledged }: HeadOrder): void {
    for (const batch of acknowledged) this.#runner.acknowledge(batch);
    if (job !== undefined) this.#runner.setJob(job);
    for (const { place } of leases) if (place !== undefined) this.#runner.add(place);
    // What came after it had said that it leaves goes back at once.
    if (this.#options.leave.aborted && leases.length > 0) this.report();
  }
}
