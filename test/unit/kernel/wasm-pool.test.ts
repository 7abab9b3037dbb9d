import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { expect, onTestFinished, test, vi } from 'vitest';
import { STATES } from '../../../src/kernel/addon-numbers.ts';
import { loadWasm } from '../../../src/kernel/wasm/load-wasm.ts';
import { WasmPool } from '../../../src/kernel/wasm/pool.ts';
import { sharedPool } from '../../../src/kernel/wasm/shared-pool.ts';
import { createWasmKernel } from '../../../src/kernel/wasm/wasm-kernel.ts';
import { WasmTraining } from '../../../src/kernel/wasm/wasm-nearest.ts';

/** Counts the threads that are started until the test ends. */
function countThreads(): () => number {
  let started = 0;
  const count = () => {
    started += 1;
  };
  subscribe('worker_threads', count);
  onTestFinished(() => {
    unsubscribe('worker_threads', count);
  });
  return () => started;
}

function plain(width: number, height: number): Promise<Buffer> {
  const create = { width, height, channels: 3, background: '#010203' } as const;
  return sharp({ create }).png({ compressionLevel: 1 }).toBuffer();
}

test('as many threads as were asked for work at once, are kept, and are replaced after a large image', async () => {
  // Prepare
  const threads = countThreads();
  const three = createWasmKernel(3);
  const [small, large] = [await plain(40, 30), await plain(6_000, 4_000)];
  const measure = (inputs: readonly Buffer[]) =>
    Promise.all(inputs.map((input) => three.prepare(input, 'a').measure('max')));
  // Act and assess
  await measure([small]);
  expect(threads()).toBe(1);
  await measure([small, small, small, small, small]);
  expect(threads()).toBe(3);
  await measure([large]);
  await measure([small, small, small]);
  expect(threads()).toBe(4);
});

/**
 * (memory (export "memory") 1)
 * (func (export "fanfleet_allocate") (param i32) (result i32) i32.const 1024)
 * (func (export "fanfleet_join") (param i32 i32) (result i32) unreachable)
 */
const TRAP = [
  '0061736d01000000010c0260017f017f60027f7f017f03030200010503010001072e03066d656d6f7279020011',
  '66616e666c6565745f616c6c6f6361746500000d66616e666c6565745f6a6f696e00010a0b0205004180080b03',
  '00000b',
].join('');

const JOB = { kind: 'measure', images: Uint32Array.of(1, 1, 1), wanted: 'statistics' } as const;
const ANY = [Buffer.from('any')];

test('an image at which the WebAssembly traps is left to sharp, by a thread that is not used again', async () => {
  const pool = new WasmPool(1, async () => new WebAssembly.Module(Buffer.from(TRAP, 'hex')));
  const threads = countThreads();
  for (let time = 0; time < 2; time += 1) {
    const answer = await pool.run(JOB, ANY);
    expect('numbers' in answer && answer.numbers[0]).toBe(STATES.foreign);
  }
  expect(threads()).toBe(2);
});

test('a thread with much memory has ended before its answer is there and the next one starts', async () => {
  const events: string[] = [];
  const hear = (message: unknown) => {
    const { worker } = message as { worker: Worker };
    events.push('start');
    worker.once('exit', () => events.push('end'));
  };
  subscribe('worker_threads', hear);
  const pool = new WasmPool(1, async () => new WebAssembly.Module(Buffer.from(TRAP, 'hex')));
  try {
    const answers = [1, 2].map(() => pool.run(JOB, ANY).then(() => events.push('answer')));
    await Promise.all(answers);
    expect(events.filter((event) => event !== 'answer')).toEqual(['start', 'end', 'start', 'end']);
    expect(events.indexOf('answer')).toBeGreaterThan(events.indexOf('end'));
  } finally {
    unsubscribe('worker_threads', hear);
  }
});

test('a thread that cannot be started fails its job alone', async () => {
  // Prepare
  let times = 0;
  const module = {
    get broken() {
      times += 1;
      if (times === 1) throw new Error('no thread');
      return true;
    },
  };
  const pool = new WasmPool(1, async () => module as unknown as WebAssembly.Module);
  const threads = countThreads();
  // Act and assess
  await expect(pool.run(JOB, ANY)).rejects.toThrow('no thread');
  await expect(pool.run(JOB, ANY)).rejects.toThrow(TypeError);
  expect(threads()).toBe(1);
});

test('WebAssembly that could not be loaded is loaded again for the next job', async () => {
  let times = 0;
  const pool = new WasmPool(1, async () => {
    times += 1;
    if (times === 1) throw new Error('no memory');
    return new WebAssembly.Module(Buffer.from(TRAP, 'hex'));
  });
  await expect(pool.run(JOB, ANY)).rejects.toThrow('no memory');
  expect(await pool.run(JOB, ANY)).toHaveProperty('numbers');
});

/** The one-byte vectors 1, 5 and 9. */
const TRAINING = {
  number: 1,
  job: { kind: 'prepare-nearest', training: 1, length: 1 },
  pieces: [Buffer.of(1, 5, 9)],
} as const;
const FIND = { kind: 'find-nearest', training: 1, k: 1 } as const;

/** The place of the nearest, and how far it is. */
function nearestOf(pool: WasmPool, query: number): Promise<unknown> {
  return pool
    .run(FIND, [Buffer.of(query)], TRAINING)
    .then((found) => (typeof found === 'object' ? [...found.indices, ...found.distances] : found));
}

test('each thread prepares a training set once, however many jobs need it, and has images beside it', async () => {
  // Prepare
  const threads = countThreads();
  const pool = new WasmPool(2, loadWasm);
  const image = await plain(40, 30);
  const measured = { kind: 'measure', images: Uint32Array.of(40, 30, 1), wanted: 'statistics' } as const;
  let prepared = 0;
  const counting = {
    ...TRAINING,
    get job() {
      prepared += 1;
      return TRAINING.job;
    },
  };
  // Act
  const found = [4, 8, 0, 6].map((query) => pool.run(FIND, [Buffer.of(query)], counting));
  const answer = await pool.run(measured, [image]);
  // Assess
  const places = [1, 2, 0, 1].map((at) => ({ indices: Uint32Array.of(at), distances: Uint32Array.of(1) }));
  expect(await Promise.all(found)).toEqual(places);
  expect('numbers' in answer && answer.numbers[0]).toBe(STATES.measured);
  expect(threads()).toBe(2);
  expect(prepared).toBe(2);
});

test('a training set is there again in the thread that replaces one with much memory', async () => {
  const threads = countThreads();
  const pool = new WasmPool(1, loadWasm);
  const large = { kind: 'measure', images: Uint32Array.of(6_000, 4_000, 1), wanted: 'statistics' } as const;
  expect(await nearestOf(pool, 4)).toEqual([1, 1]);
  await pool.run(large, [await plain(6_000, 4_000)]);
  expect(await nearestOf(pool, 8)).toEqual([2, 1]);
  expect(threads()).toBe(2);
});

test('a thread keeps a large training set, and is replaced once that is released', async () => {
  // Prepare
  const threads = countThreads();
  const pool = new WasmPool(1, loadWasm);
  const large = {
    number: 2,
    job: { kind: 'prepare-nearest', training: 2, length: 2 ** 12 },
    pieces: [Buffer.alloc(60 * 2 ** 20, 3)],
  } as const;
  const find = () => pool.run({ ...FIND, training: 2 }, [Buffer.alloc(2 ** 12, 5)], large);
  // Act and assess
  await find();
  expect(await find()).toEqual({ indices: Uint32Array.of(0), distances: Uint32Array.of(2 ** 14) });
  expect(await nearestOf(pool, 4)).toEqual([1, 1]);
  expect(threads()).toBe(1);
  pool.release(2);
  expect(await nearestOf(pool, 4)).toEqual([1, 1]);
  expect(await nearestOf(pool, 4)).toEqual([1, 1]);
  expect(threads()).toBe(2);
});

test('what is released is no longer there, and is prepared anew for who needs it', async () => {
  const pool = new WasmPool(1, loadWasm);
  expect(await nearestOf(pool, 4)).toEqual([1, 1]);
  pool.release(1);
  expect(await nearestOf(pool, 8)).toEqual([2, 1]);
  pool.release(1);
  expect(await pool.run(FIND, [Buffer.of(4)])).toBe('failed');
});

test('a training set that nobody has any more is released', async () => {
  // Prepare
  const release = vi.spyOn(sharedPool, 'release');
  onTestFinished(() => release.mockRestore());
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const forget = async () => {
    await new WasmTraining(Buffer.of(1, 5, 9), 1).find(Buffer.of(4), 1);
  };
  // Act
  await forget();
  await forget();
  // Assess
  await vi.waitFor(
    () => {
      collect();
      expect(release).toHaveBeenCalledTimes(2);
    },
    { timeout: 20_000, interval: 20 },
  );
});
