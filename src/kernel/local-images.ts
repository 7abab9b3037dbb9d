import { inOrder, type Task } from '../concurrency/in-order.ts';
import type { Kernel, Prepared } from './kernel.ts';
import { type LocalFilesOptions, readImage } from './local-files.ts';

export type LocalImagesOptions<T> = Pick<LocalFilesOptions, 'overlap' | 'memoryBytes'> & {
  readonly kernel: Kernel;
  /** What is done with each image; `at` is its place among the keys. */
  readonly work: (prepared: Prepared, key: string, at: number) => Promise<T>;
  /** Bytes that this takes beside the input. @default those of measuring */
  readonly bytes?: (prepared: Prepared) => number;
};

/**
 * Work on images of this machine one by one, and give what became of them in the same order.
 *
 * @param keys as `listFiles` gives them
 * @throws FanfleetError `PATH_NOT_FOUND` or `PATH_UNREADABLE`, naming the path
 */
export async function* eachLocalImage<T>(
  keys: readonly string[],
  options: LocalImagesOptions<T>,
): AsyncGenerator<T, void> {
  const { overlap = 4, memoryBytes = 512 * 1024 * 1024 } = options;
  yield* inOrder(tasksOf(keys, options), overlap, memoryBytes);
}

function* tasksOf<T>(
  keys: readonly string[],
  { kernel, work, bytes = ({ workingBytes }) => workingBytes }: LocalImagesOptions<T>,
): Generator<Task<T>> {
  for (const [at, key] of keys.entries()) {
    const input = readImage(key);
    const prepared = kernel.prepare(input, key);
    yield { bytes: input.length + bytes(prepared), start: () => work(prepared, key, at) };
  }
}
