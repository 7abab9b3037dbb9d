import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { freeBuffer } from '../concurrency/free-buffer.ts';
import { inOrder, type Task } from '../concurrency/in-order.ts';
import { compareKeys } from '../dataset/order.ts';
import { FanfleetError } from '../errors.ts';
import type { Kernel, Measured, Prepared } from './kernel.ts';
import type { Operation } from './operation.ts';

export type LocalFilesOptions = {
  readonly kernel: Kernel;
  readonly operation: Operation;
  /** Which files of a folder are measured; a file that is named itself always is. @default all */
  readonly accept?: (key: string) => boolean;
  /** Most images in the works at once; many small ones count as one where the kernel does them together. @default 4 */
  readonly overlap?: number;
  /** Most bytes of files and pixels in the works at once, unless one image alone needs more. @default 512 MiB */
  readonly memoryBytes?: number;
};

/**
 * Measure files and folders of this machine, in key order; a key is the path as given, joined with `/`.
 *
 * @throws FanfleetError `PATH_NOT_FOUND` or `PATH_UNREADABLE`, naming the path
 * @example
 * for await (const { row } of measureLocalFiles(['photos'], { kernel, operation: 'stats' })) emit(serializeRow(row));
 */
export async function* measureLocalFiles(
  paths: readonly string[],
  options: LocalFilesOptions,
): AsyncGenerator<Measured, void> {
  const { accept = () => true, overlap = 4, memoryBytes = 512 * 1024 * 1024 } = options;
  const settled = { ...options, overlap, memoryBytes };
  const keys = await listFiles(paths, accept);
  for await (const measured of inOrder(tasksOf(keys, settled), overlap, memoryBytes)) yield* measured;
}

function* tasksOf(keys: readonly string[], options: Settled): Generator<Task<readonly Measured[]>> {
  for (const { images, inputs, bytes } of groupFiles(keys, options)) {
    yield {
      bytes,
      start: async () => {
        const measured = await measureGroup(images, options);
        for (const input of inputs) freeBuffer(input);
        return measured;
      },
    };
  }
}

type Settled = LocalFilesOptions & { readonly overlap: number; readonly memoryBytes: number };
type Group = { readonly images: Prepared[]; readonly inputs: Buffer[]; inputBytes: number; bytes: number };

/** A group is many small images or a single other one. */
const GROUP_INPUT_BYTES = 64 * 1024;
const GROUP_IMAGES = 256;

/**
 * Read files and put small ones together. They are read synchronously: that takes a small part of the time of
 * `fs.promises` (docs/performance.md), and images are decoded on other threads meanwhile.
 */
function* groupFiles(keys: readonly string[], options: Settled): Generator<Group> {
  const { kernel, overlap, memoryBytes } = options;
  const mostImages = kernel.measureAll === undefined ? 1 : GROUP_IMAGES;
  let group = emptyGroup();
  for (const key of keys) {
    const input = readImage(key);
    const prepared = kernel.prepare(input, key);
    const bytes = input.length + prepared.workingBytes;
    const full =
      group.images.length === mostImages ||
      group.inputBytes + input.length > GROUP_INPUT_BYTES ||
      group.bytes + bytes > memoryBytes / overlap;
    if (full && group.images.length > 0) {
      yield group;
      group = emptyGroup();
    }
    group.images.push(prepared);
    group.inputs.push(input);
    group.inputBytes += input.length;
    group.bytes += bytes;
  }
  if (group.images.length > 0) yield group;
}

function emptyGroup(): Group {
  return { images: [], inputs: [], inputBytes: 0, bytes: 0 };
}

async function measureGroup(
  images: readonly Prepared[],
  { kernel, operation }: LocalFilesOptions,
): Promise<readonly Measured[]> {
  const [first] = images;
  if (images.length === 1 && first !== undefined) return [await first.measure(operation)];
  if (kernel.measureAll !== undefined) return kernel.measureAll(images, operation);
  return Promise.all(images.map((image) => image.measure(operation)));
}

/**
 * Read a file.
 *
 * @throws FanfleetError as `listFiles`
 */
export function readImage(key: string): Buffer {
  try {
    return readFileSync(key);
  } catch (cause) {
    throw unreadable(key, cause);
  }
}

/**
 * All files, sorted, each once. Links to files are followed; links to folders inside a folder are not.
 *
 * @throws FanfleetError `PATH_NOT_FOUND` or `PATH_UNREADABLE`, naming the path
 */
export async function listFiles(
  paths: readonly string[],
  accept: (key: string) => boolean,
): Promise<string[]> {
  const keys = new Set<string>();
  for (const path of paths) {
    if ((await reading(path, stat(path))).isFile()) {
      keys.add(path);
      continue;
    }
    const root = path === '/' ? '' : path.replace(/[/\\]+$/, '');
    for (const entry of await reading(path, readdir(path, { recursive: true, withFileTypes: true }))) {
      const below = `${entry.parentPath}/${entry.name}`.slice(path.length).split(sep).join('/');
      const key = `${root}/${below.replace(/^\/+/, '')}`;
      const isFile = entry.isFile() || (entry.isSymbolicLink() && (await reading(key, stat(key))).isFile());
      if (isFile && accept(key)) keys.add(key);
    }
  }
  return [...keys].sort(compareKeys);
}

async function reading<T>(path: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): FanfleetError {
  const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  const code = missing ? 'PATH_NOT_FOUND' : 'PATH_UNREADABLE';
  const why = cause instanceof Error ? cause.message : String(cause);
  return new FanfleetError(code, `Expected a readable file or folder at ${path} but got: ${why}.`, {
    cause,
    source: 'user',
  });
}
