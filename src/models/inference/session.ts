import { createRequire } from 'node:module';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import memoryErrors from '../../../ec2-workers/memory-errors.json' with { type: 'json' };
import { FanfleetError } from '../../errors.ts';
import {
  type FromThread,
  THREAD_SOURCE,
  type ThreadData,
  type ThreadOutput,
  type ToThread,
} from './session-thread.ts';

/** A model, and the names of its input and output in the graph. */
export interface RunnableModel {
  readonly file: Buffer;
  readonly input: string;
  readonly output: string;
}

/** Tensors of images, one after the other from the beginning of a buffer of its own. */
export interface InferenceBatch {
  readonly data: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
  readonly dims: readonly number[];
}

/** What a model gave for a batch. */
export interface Inferred {
  readonly values: Float32Array;
  readonly dims: readonly number[];
  /** So many images the model had at a time in the end: fewer than it was to have where memory did not suffice. */
  readonly atOnce: number;
  /** That of the batch, to be used again. */
  readonly buffer: ArrayBuffer;
  /** What the model took. */
  readonly ms: number;
}

type Waiting = {
  readonly resolve: (inferred: Inferred | null) => void;
  readonly reject: (reason: Error) => void;
};

/**
 * A session of ONNX Runtime in a thread of its own, since `run` of onnxruntime-node blocks the thread that calls it: for 0.6 s where
 * a ResNet-50 gets eight images. It does one batch at a time, and does not keep the process from ending.
 */
export class Session {
  readonly #worker: Worker;
  #waiting: Waiting | undefined;

  private constructor(data: ThreadData) {
    this.#worker = new Worker(THREAD_SOURCE, {
      eval: true,
      workerData: data,
      env: SHARE_ENV,
      execArgv: [],
    });
    this.#worker.on('message', (message: FromThread) => this.#hear(message));
    this.#worker.on('error', (reason) => this.#end(reason));
    this.#worker.on('exit', () => this.#end(new Error('the thread of a model ended before its batch')));
    this.#worker.unref();
  }

  /**
   * @throws FanfleetError `MODEL_RUNTIME_MISSING` where onnxruntime-node is not installed, `INVALID_INPUT` where it cannot load the
   *   model
   */
  static async open({ file, input, output }: RunnableModel): Promise<Session> {
    const session = new Session({ library: libraryPath(), memoryErrors, input, output });
    const model = Uint8Array.from(file);
    try {
      await session.#ask({ model }, model.buffer);
    } catch (reason) {
      await session.close();
      throw reason;
    }
    return session;
  }

  /**
   * @param atOnce images of the batch that the model has at a time. @default all of them
   * @throws FanfleetError `INVALID_INPUT` where the model cannot be run with the batch, `MODEL_TOO_LARGE` where memory does not suffice
   *   for one image at a time
   */
  async run({ data, dims }: InferenceBatch, atOnce = dims[0] ?? 1): Promise<Inferred> {
    const inferred = await this.#ask({ data, dims, atOnce }, data.buffer);
    if (inferred === null) throw new TypeError('the thread of a model answered for another batch');
    return inferred;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(message: ToThread, buffer: ArrayBuffer): Promise<Inferred | null> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage(message, [buffer]);
    });
  }

  #hear(message: FromThread): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#worker.unref();
    if (message.kind === 'failed') waiting?.reject((message.isMemory ? noRoom : notRun)(message.message));
    else if (message.kind === 'ready') waiting?.resolve(null);
    else {
      const other = message.outputs.find(({ type }) => type !== 'float32');
      if (other === undefined) waiting?.resolve({ ...joined(message.outputs), ...message });
      else waiting?.reject(notRun(`its output is ${other.type}`));
    }
  }

  #end(reason: unknown): void {
    this.#waiting?.reject(reason instanceof Error ? reason : new Error(String(reason)));
    this.#waiting = undefined;
  }
}

/** The outputs of parts one behind the other; where one has another shape for its images, only that one. */
function joined(outputs: readonly ThreadOutput[]): Pick<Inferred, 'values' | 'dims'> {
  const [first] = outputs;
  if (first === undefined) throw new TypeError('a batch of a model had no images');
  const [, ...shape] = first.dims;
  const odd = outputs.find(({ dims: [, ...other] }) => other.join() !== shape.join());
  if (odd !== undefined || outputs.length === 1) return odd ?? first;
  const values = new Float32Array(outputs.reduce((sum, output) => sum + output.values.length, 0));
  let at = 0;
  for (const output of outputs) {
    values.set(output.values, at);
    at += output.values.length;
  }
  return { values, dims: [outputs.reduce((sum, { dims: [images = 0] }) => sum + images, 0), ...shape] };
}

/** By `require`, not `import`: a bundle would hoist that, and it does not find what a Lambda layer has. */
export function libraryPath(): string {
  try {
    return createRequire(import.meta.url).resolve('onnxruntime-node');
  } catch (cause) {
    const message =
      'Expected onnxruntime-node, which runs models, but it is not installed: install the packages of package-lock.json, or deploy the stack again.';
    throw new FanfleetError('MODEL_RUNTIME_MISSING', message, { source: 'internal', cause });
  }
}

/** ONNX Runtime ends lines in the middle, and sometimes the last one. */
function onOneLine(said: string): string {
  return said.replace(/\s+/g, ' ').trim();
}

function noRoom(why: string): FanfleetError {
  const message = `Expected memory for the model with one image at a time but ONNX Runtime says: ${onOneLine(why)}: give the workers more memory, or take a smaller model.`;
  return new FanfleetError('MODEL_TOO_LARGE', message, { source: 'user' });
}

function notRun(why: string): FanfleetError {
  const said = onOneLine(why);
  const message = `Expected a model that ONNX Runtime runs but it does not: ${said}: correct the model, e.g. by exporting it again.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
