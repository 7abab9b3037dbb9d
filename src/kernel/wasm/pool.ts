import { SHARE_ENV, Worker } from 'node:worker_threads';
import { onceDone } from '../once-done.ts';
import type { Answer, FromWorker, Job, Mailbox, ToWorker, WorkerData } from './messages.ts';
import { WORKER_SOURCE } from './worker-source.ts';

/** Files are mostly smaller. It bounds what a large one takes beside itself and its copy in WebAssembly's memory. */
const MAILBOX_BYTES = 1024 * 1024;

type Task = {
  readonly job: Job;
  readonly pieces: readonly Buffer[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: Error) => void;
};

/**
 * Threads that each have an instance of the kernel, since WebAssembly blocks the thread that calls it. They are started
 * when there is work for them, and do not keep the process from ending.
 */
export class WasmPool {
  readonly #threads: number;
  readonly #module: () => Promise<WebAssembly.Module>;
  readonly #queue: Task[] = [];
  readonly #workers = new Set<PoolWorker>();

  /** @param module is loaded with the first job */
  constructor(threads: number, module: () => Promise<WebAssembly.Module>) {
    this.#threads = threads;
    this.#module = onceDone(module);
  }

  /** Do a job on the next free thread. The pieces must not change until it settles. */
  async run(job: Job, pieces: readonly Buffer[]): Promise<Answer> {
    const module = await this.#module();
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, pieces, resolve, reject });
      this.#next(module);
    });
  }

  #next(module: WebAssembly.Module): void {
    for (let task = this.#queue[0]; task !== undefined; task = this.#queue[0]) {
      let free: PoolWorker | undefined;
      try {
        free = this.#free(module);
      } catch (reason) {
        this.#queue.shift();
        task.reject(errorOf(reason));
        continue;
      }
      if (free === undefined) return;
      this.#queue.shift();
      free.start(task);
    }
  }

  /** A thread without work, started if there may be one more. */
  #free(module: WebAssembly.Module): PoolWorker | undefined {
    const free = [...this.#workers].find((worker) => worker.free);
    if (free !== undefined || this.#workers.size >= this.#threads) return free;
    const started = new PoolWorker(module, (worker, ended) => {
      if (ended) this.#workers.delete(worker);
      this.#next(module);
    });
    this.#workers.add(started);
    return started;
  }
}

class PoolWorker {
  readonly #worker: Worker;
  readonly #onFree: (worker: PoolWorker, ended: boolean) => void;
  /** Not in the time in which the worker has it. */
  #mailbox: Mailbox = new ArrayBuffer(MAILBOX_BYTES);
  #task: Task | undefined;
  #feed: Feed | undefined;
  /** The answer of one that is spent, until it has ended. */
  #last: Answer | undefined;

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

  start(task: Task): void {
    this.#task = task;
    this.#feed = new Feed(task.pieces);
    this.#worker.ref();
    const lengths = Uint32Array.from(task.pieces, ({ length }) => length);
    const mailbox = this.#mailbox;
    this.#say({ job: task.job, lengths, mailbox, filled: this.#feed.fill(mailbox) });
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
    this.#task?.resolve(message.answer);
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

  #say(message: ToWorker): void {
    this.#worker.postMessage(message, [message.mailbox]);
  }
}

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Hands over the bytes of pieces, as many at a time as there is room for. */
class Feed {
  readonly #pieces: readonly Buffer[];
  #piece = 0;
  #offset = 0;

  constructor(pieces: readonly Buffer[]) {
    this.#pieces = pieces;
  }

  /** Gives how many bytes were put. */
  fill(mailbox: Mailbox): number {
    const to = new Uint8Array(mailbox);
    let filled = 0;
    for (let piece = this.#pieces[this.#piece]; piece !== undefined && filled < to.length; ) {
      const part = piece.subarray(this.#offset, this.#offset + to.length - filled);
      to.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
      if (this.#offset === piece.length) {
        this.#offset = 0;
        this.#piece += 1;
        piece = this.#pieces[this.#piece];
      }
    }
    return filled;
  }
}
