import { onceDone } from '../once-done.ts';
import type {
  Answer,
  CentresAnswer,
  CentresJob,
  ImageAnswer,
  ImageJob,
  Job,
  NearestAnswer,
  NearestJob,
} from './messages.ts';
import { errorOf, PoolWorker, type Preparation, type Task } from './pool-worker.ts';

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

  /**
   * Do a job on the next free thread. The pieces must not change until it settles.
   *
   * @param needs what the thread prepares before, unless it has
   */
  run(job: ImageJob, pieces: readonly Buffer[]): Promise<ImageAnswer>;
  run(job: NearestJob, pieces: readonly Buffer[], needs?: Preparation): Promise<NearestAnswer>;
  run(job: CentresJob, pieces: readonly [Buffer, Buffer]): Promise<CentresAnswer>;
  async run(job: Job, pieces: readonly Buffer[], needs?: Preparation): Promise<Answer> {
    const module = await this.#module();
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, pieces, needs, resolve, reject });
      this.#next(module);
    });
  }

  /** Free what threads have prepared, by its number: no job needs it any more. */
  release(number: number): void {
    for (const worker of this.#workers) worker.release(number);
  }

  #next(module: WebAssembly.Module): void {
    for (let task = this.#queue[0]; task !== undefined; task = this.#queue[0]) {
      let free: PoolWorker | undefined;
      try {
        free = this.#free(module, task);
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

  /** A thread without work, best one that has prepared what the task needs; started if there may be one more. */
  #free(module: WebAssembly.Module, task: Task): PoolWorker | undefined {
    const allFree = [...this.#workers].filter((worker) => worker.free);
    const free = allFree.find((worker) => worker.isReadyFor(task)) ?? allFree[0];
    return free ?? (this.#workers.size < this.#threads ? this.#start(module) : undefined);
  }

  /** A thread, which lives longer than any task: so nothing that it is given here may hold one. */
  #start(module: WebAssembly.Module): PoolWorker {
    const started = new PoolWorker(module, (worker, ended) => {
      if (ended) this.#workers.delete(worker);
      this.#next(module);
    });
    this.#workers.add(started);
    return started;
  }
}
