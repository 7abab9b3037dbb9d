import { SHARE_ENV, Worker } from 'node:worker_threads';
import { onceDone } from '../once-done.ts';
import type {
  Answer,
  CentresAnswer,
  CentresJob,
  FromWorker,
  ImageAnswer,
  ImageJob,
  Job,
  Mailbox,
  NearestAnswer,
  NearestJob,
  ToWorker,
  WorkerData,
} from './messages.ts';
import { WORKER_SOURCE } from './worker-source.ts';

/** Files are mostly smaller. It bounds what a large one takes beside itself and its copy in WebAssembly's memory. */
const MAILBOX_BYTES = 1024 * 1024;

type Work = { readonly job: Job; readonly pieces: readonly Buffer[] };

type Task = Work & {
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
  readonly #first: Work | undefined;
  #ended = false;

  /**
   * @param module is loaded with the first job
   * @param first what each thread does before all else
   */
  constructor(threads: number, module: () => Promise<WebAssembly.Module>, first?: Work) {
    this.#threads = threads;
    this.#first = first;
    this.#module = onceDone(module);
  }

  /** Do a job on the next free thread. The pieces must not change until it settles. */
  run(job: ImageJob, pieces: readonly Buffer[]): Promise<ImageAnswer>;
  run(job: NearestJob, pieces: readonly Buffer[]): Promise<NearestAnswer>;
  run(job: CentresJob, pieces: readonly [Buffer, Buffer]): Promise<CentresAnswer>;
  async run(job: Job, pieces: readonly Buffer[]): Promise<Answer> {
    const module = await this.#module();
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, pieces, resolve, reject });
      this.#next(module);
    });
  }

  /** End the threads as soon as they have done what they were asked for. */
  end(): void {
    this.#ended = true;
    this.#endFree();
  }

  #endFree(): void {
    if (!this.#ended || this.#queue.length > 0) return;
    for (const worker of this.#workers) if (worker.free) worker.end();
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
    const started = new PoolWorker(module, this.#first, (worker, ended) => {
      if (ended) this.#workers.delete(worker);
      this.#next(module);
      this.#endFree();
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
  /** What is to be done before the task. */
  #first: Work | undefined;

  constructor(
    module: WebAssembly.Module,
    first: Work | undefined,
    onFree: (worker: PoolWorker, ended: boolean) => void,
  ) {
    const workerData: WorkerData = { module };
    this.#first = first;
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
    this.#worker.ref();
    this.#begin(this.#first ?? task);
  }

  end(): void {
    void this.#worker.terminate();
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
    if (this.#first !== undefined && this.#task !== undefined) {
      this.#first = undefined;
      this.#begin(this.#task);
      return;
    }
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
