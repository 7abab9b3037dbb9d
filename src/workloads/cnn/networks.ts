import { SHARE_ENV, Worker } from 'node:worker_threads';
import { FanfleetError } from '../../errors.ts';
import { libraryPath } from '../../models/inference/session.ts';
import { type FromThread, type Learnt, type Lesson, THREAD_SOURCE, type ToThread } from './network-thread.ts';

/** The graphs of a network, as ONNX. */
export interface Graphs {
  readonly training: Buffer;
  readonly evaluation: Buffer;
}

/** A shard, and the values that it begins with. */
export interface Shard {
  readonly values: Float32Array;
  /** R, G and B of every pixel, one image after the other. */
  readonly images: Uint8Array;
  /** Bytes of an image. */
  readonly length: number;
  readonly classes: number;
  /** Null where images are only evaluated. */
  readonly lesson: Lesson | null;
}

type Waiting = {
  readonly resolve: (learnt: Learnt | null) => void;
  readonly reject: (reason: Error) => void;
};

/**
 * A network in a thread of its own, since a step blocks the thread that asks for it. It does one shard at a time, and does not keep the
 * process from ending.
 */
class NetworkThread {
  readonly #worker: Worker;
  #waiting: Waiting | undefined;

  private constructor() {
    const workerData = { library: libraryPath() };
    this.#worker = new Worker(THREAD_SOURCE, { eval: true, workerData, env: SHARE_ENV, execArgv: [] });
    this.#worker.on('message', (message: FromThread) => this.#hear(message));
    this.#worker.on('error', (reason) => this.#end(reason));
    this.#worker.on('exit', () => this.#end(new Error('the thread of a network ended before its shard')));
    this.#worker.unref();
  }

  static async open({ training, evaluation }: Graphs): Promise<NetworkThread> {
    const thread = new NetworkThread();
    await thread.#ask({ training, evaluation });
    return thread;
  }

  async run(shard: Shard): Promise<Learnt> {
    const learnt = await this.#ask(shard);
    if (learnt === null) throw new TypeError('the thread of a network answered for something else');
    return learnt;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(message: ToThread): Promise<Learnt | null> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage(message);
    });
  }

  #hear(message: FromThread): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#worker.unref();
    if (message.kind === 'failed') waiting?.reject(notRun(message.message));
    else waiting?.resolve(message.kind === 'ready' ? null : message);
  }

  #end(reason: unknown): void {
    this.#waiting?.reject(reason instanceof Error ? reason : new Error(String(reason)));
    this.#waiting = undefined;
  }
}

/** Threads that wait for a shard, of the graphs that this process works with. */
let current: { readonly training: Buffer; readonly free: NetworkThread[] } | undefined;

/**
 * Have a network look at a shard, and learn of it: in a thread that is kept for the next one, since it takes a second to make the
 * sessions of a ResNet-18.
 *
 * @throws FanfleetError `MODEL_RUNTIME_MISSING` where onnxruntime-node is not installed, `INPUT_DAMAGED` where it cannot run the graphs
 */
export async function learn(graphs: Graphs, shard: Shard): Promise<Learnt> {
  if (current?.training !== graphs.training) {
    const former = current?.free.splice(0) ?? [];
    current = { training: graphs.training, free: [] };
    await Promise.all(former.map((thread) => thread.close()));
  }
  const { free } = current;
  const thread = free.pop() ?? (await NetworkThread.open(graphs));
  try {
    const learnt = await thread.run(shard);
    if (current?.free === free) free.push(thread);
    else await thread.close();
    return learnt;
  } catch (reason) {
    await thread.close();
    throw reason;
  }
}

function notRun(why: string): FanfleetError {
  const message = `Expected graphs that ONNX Runtime runs with these values but it does not: ${why}: start the run again.`;
  return new FanfleetError('INPUT_DAMAGED', message, { source: 'internal' });
}
