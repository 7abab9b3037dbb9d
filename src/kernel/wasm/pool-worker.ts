import { SHARE_ENV, Worker } from 'node:worker_threads';
import { Feed } from './feed.ts';
import type { Answer, FromWorker, Given, Job, Mailbox, ToWorker, WorkerData } from './messages.ts';
import { WORKER_SOURCE } from './worker-source.ts';

/** Files are mostly smaller. It bounds what a large one takes beside itself and its copy in WebAssembly's memory. */
const MAILBOX_BYTES = 1024 * 1024;

/** What is done with some bytes. */
export type Work = { readonly job: Job; readonly pieces: readonly Buffer[] };

/** What a thread does once, before the first task that needs it, and keeps: by a number that no other one has. */
export type Preparation = Work & { readonly number: number };

export type Task = Work & {
  readonly needs: Preparation | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: Error) => void;
};

/** A thread of a pool, which does one task at a time. */
export class PoolWorker {
  readonly #worker: Worker;
  readonly #onFree: (worker: PoolWorker, ended: boolean) => void;
  /** Not in the time in which the worker has it. */
  #mailbox: Mailbox = new ArrayBuffer(MAILBOX_BYTES);
  #task: Task | undefined;
  #feed: Feed | undefined;
  /** The answer of one that is spent, until it has ended. */
  #last: Answer | undefined;
  /** The numbers of what it has prepared. */
  readonly #prepared = new Set<number>();

  constructor(module: WebAssembly.Module, onFree: (worker: PoolWorker, ended: boolean) => void) {
    const workerData: WorkerData = { module };
    this.#onFree = onFree;
    this.#worker = new Worker(WORKER_SOURCE, { eval: true, workerData, env: SHARE_ENV, execArgv: [] });
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.on('error', (reason) => this.#end(reason));
    this.#worker.on('exit', () => this.#end(new Error('a thread of the kernel ended before its job')));
    this.#worker.unref();
  }

  get free(): boolean {
    return this.#task === undefined;
  }

  /** Whether it can begin a task at once. */
  isReadyFor({ needs }: Task): boolean {
    return needs === undefined || this.#prepared.has(needs.number);
  }

  start(task: Task): void {
    this.#task = task;
    this.#worker.ref();
    this.#begin(task.needs !== undefined && !this.isReadyFor(task) ? task.needs : task);
  }

  /** Free what it has prepared, which no task needs any more. */
  release(number: number): void {
    if (this.#prepared.delete(number)) this.#worker.postMessage({ released: number } satisfies ToWorker);
  }

  #begin({ job, pieces }: Work): void {
    this.#feed = new Feed(pieces);
    const lengths = Uint32Array.from(pieces, ({ length }) => length);
    const mailbox = this.#mailbox;
    this.#say({ job, lengths, mailbox, filled: this.#feed.fill(mailbox) });
  }

  #hear(message: FromWorker): void {
    if (message.answer === undefined) {
      this.#say({ mailbox: message.mailbox, filled: this.#feed?.fill(message.mailbox) ?? 0 });
      return;
    }
    this.#feed = undefined;
    if (message.spent) {
      // Its memory has to be back before the next image may take as much.
      this.#last = message.answer;
      void this.#worker.terminate();
      return;
    }
    this.#mailbox = message.mailbox;
    const task = this.#task;
    if (task?.needs !== undefined && !this.isReadyFor(task)) {
      this.#prepared.add(task.needs.number);
      this.#begin(task);
      return;
    }
    task?.resolve(message.answer);
    this.#task = undefined;
    this.#worker.unref();
    this.#onFree(this, false);
  }

  #end(reason: unknown): void {
    if (this.#last === undefined) this.#task?.reject(errorOf(reason));
    else this.#task?.resolve(this.#last);
    this.#task = undefined;
    this.#onFree(this, true);
  }

  #say(message: Given): void {
    this.#worker.postMessage(message, [message.mailbox]);
  }
}

export function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
