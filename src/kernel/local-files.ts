import { readdir, readFile, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { compareKeys } from '../dataset/order.ts';
import { FanfleetError } from '../errors.ts';
import type { Kernel, Measured } from './kernel.ts';
import type { Operation } from './operation.ts';

export type LocalFilesOptions = {
  readonly kernel: Kernel;
  readonly operation: Operation;
  /** Which files of a folder are measured; a file that is named itself always is. @default all */
  readonly accept?: (key: string) => boolean;
  /** Most images in the works at once. @default 4 */
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
  const { kernel, operation, accept = () => true, overlap = 4, memoryBytes = 512 * 1024 * 1024 } = options;
  const running: { bytes: number; measured: Promise<Measured> }[] = [];
  let held = 0;
  for (const key of await listFiles(paths, accept)) {
    const input = await reading(key, readFile(key));
    const prepared = kernel.prepare(input, key);
    const bytes = input.length + prepared.workingBytes;
    while (running.length >= overlap || (running.length > 0 && held + bytes > memoryBytes)) {
      yield await next();
    }
    held += bytes;
    const measured = prepared.measure(operation);
    // Its failure is thrown where it is awaited; until then nobody listens.
    measured.catch(() => {});
    running.push({ bytes, measured });
  }
  while (running.length > 0) yield await next();

  async function next(): Promise<Measured> {
    const first = running.shift();
    if (first === undefined) throw new RangeError('no image is in the works');
    held -= first.bytes;
    return first.measured;
  }
}

/** All files, sorted, each once. Links to files are followed; links to folders inside a folder are not. */
async function listFiles(paths: readonly string[], accept: (key: string) => boolean): Promise<string[]> {
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
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const code = missing ? 'PATH_NOT_FOUND' : 'PATH_UNREADABLE';
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FanfleetError(code, `Expected a readable file or folder at ${path} but got: ${why}.`, {
      cause,
      source: 'user',
    });
  }
}
