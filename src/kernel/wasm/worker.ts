/**
 * A thread with an instance of the kernel: src/kernel/wasm/pool.ts starts it from worker-source.ts, which is made of this
 * file, since a bundle has no file for it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import {
  NUMBERS_IN,
  NUMBERS_IN_OF_TENSORS,
  NUMBERS_OF_PIXELS,
  NUMBERS_OF_TENSORS,
  NUMBERS_OUT,
  STATES,
} from '../addon-numbers.ts';
import { OutOfMemory, WasmInstance } from './instance.ts';
import type { Answer, FromWorker, Job, Mailbox, ToWorker, WorkerData } from './messages.ts';
import { runJob } from './run-job.ts';
import { releaseTraining } from './run-nearest-job.ts';

/** Memory of an instance never shrinks. One that has more bytes beside its training sets is not kept for the next job. */
const KEPT_BYTES = 64 * 1024 * 1024;

const { module } = workerData as WorkerData;
let wasm: WasmInstance | undefined;
let waiting: { readonly job: Job; readonly lengths: Uint32Array; readonly total: number } | undefined;
/** Where the input of the waiting job is, and how much of it has come; there is none where there is no memory for it. */
let address: number | undefined;
let come = 0;

parentPort?.on('message', (message: ToWorker) => {
  if ('released' in message) {
    if (wasm !== undefined) releaseTraining(wasm, message.released);
    return;
  }
  if (message.job !== undefined) begin(message.job, message.lengths);
  take(message.mailbox, message.filled);
});

function begin(job: Job, lengths: Uint32Array): void {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  waiting = { job, lengths, total };
  come = 0;
  address = undefined;
  unlessItFails(() => {
    wasm ??= new WasmInstance(module);
    address = wasm.allocate(Math.max(1, total));
  });
}

function take(mailbox: Mailbox, filled: number): void {
  if (waiting === undefined) return;
  if (address !== undefined) wasm?.bytes(address + come, filled).set(new Uint8Array(mailbox, 0, filled));
  come += filled;
  if (come < waiting.total) {
    say({ mailbox });
    return;
  }

  const { job, lengths, total } = waiting;
  waiting = undefined;
  const answer = unlessItFails(() => {
    if (wasm === undefined || address === undefined) return undefined;
    const done = runJob(wasm, { address, lengths }, job);
    wasm.calls.fanfleet_free(address, Math.max(1, total));
    return done;
  });
  const spent = answer === undefined || answer === 'failed' || (answer !== 'prepared' && isLarge());
  say({ mailbox, answer: answer ?? leftToOthers(job), spent });
}

function isLarge(): boolean {
  if (wasm === undefined) return false;
  let kept = KEPT_BYTES;
  for (const { taken } of wasm.trainings.values()) kept += taken;
  return wasm.size > kept;
}

/** A trap, as Rust's panics are, or too little memory: what became of the instance is not known. */
function unlessItFails<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (reason) {
    if (
      !(
        reason instanceof WebAssembly.RuntimeError ||
        reason instanceof RangeError ||
        reason instanceof OutOfMemory
      )
    ) {
      throw reason;
    }
    wasm = undefined;
    address = undefined;
    return undefined;
  }
}

/** Of images that are for another kernel. Of vectors there is none. */
function leftToOthers(job: Job): Answer {
  if (job.kind === 'prepare-nearest' || job.kind === 'find-nearest' || job.kind === 'assign-to-centres')
    return 'failed';
  if (job.kind === 'normalise') return { extremes: [], checksum: 0, decodeMs: 0, encodeMs: 0 };
  const none = new Uint8Array();
  switch (job.kind) {
    case 'tensors':
      return {
        numbers: allForeign(job.images.length / NUMBERS_IN_OF_TENSORS, NUMBERS_OF_TENSORS),
        details: [],
        data: none,
      };
    case 'pixels':
      return {
        numbers: allForeign(job.images.length / NUMBERS_IN, NUMBERS_OF_PIXELS),
        details: [],
        pixels: none,
      };
    default:
      return { numbers: allForeign(job.images.length / NUMBERS_IN, NUMBERS_OUT), details: [] };
  }
}

function allForeign(images: number, perImage: number): Float64Array {
  const numbers = new Float64Array(images * perImage);
  for (let at = 0; at < numbers.length; at += perImage) numbers[at] = STATES.foreign;
  return numbers;
}

function say(message: FromWorker): void {
  const made = message.answer === undefined ? undefined : madeIn(message.answer);
  parentPort?.postMessage(message, [message.mailbox, ...(made === undefined ? [] : [made.buffer])]);
}

/** What is handed over and not copied. */
function madeIn(answer: Answer): Uint8Array<ArrayBuffer> | undefined {
  if (typeof answer === 'string') return undefined;
  if ('pixels' in answer) return answer.pixels;
  if ('data' in answer) return answer.data;
  return 'output' in answer ? answer.output : undefined;
}
