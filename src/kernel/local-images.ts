import { inOrder, type Task } from '../concurrency/in-order.ts';
import type { FoundFile } from '../dataset/files/walk-folder.ts';
import type { Kernel, Measured, Prepared } from './kernel.ts';
import type { LocalFailedRow } from './local-failure.ts';
import type { MeasureOptions } from './local-files.ts';
import { FOLDER_LINK, readLocal } from './read-local.ts';
import type { FailedRow } from './row.ts';

export type LocalImagesOptions<T> = Omit<MeasureOptions, 'operation'> & {
  readonly kernel: Kernel;
  /** What is done with each image; `at` counts them. */
  readonly work: (prepared: Prepared, file: FoundFile, at: number) => Promise<T>;
  /** Bytes that this takes beside the input. @default those of measuring */
  readonly bytes?: (prepared: Prepared) => number;
};

/**
 * Work on images of this machine one by one, and give what became of them in the same order. A file that cannot be read
 * has a row that says so.
 */
export async function* eachLocalImage<T>(
  found: AsyncIterable<readonly FoundFile[]>,
  options: LocalImagesOptions<T>,
): AsyncGenerator<T | Measured<FailedRow | LocalFailedRow>, void> {
  const { overlap = 4, memoryBytes = 512 * 1024 * 1024 } = options;
  yield* inOrder(tasksOf(found, options), overlap, memoryBytes);
}

async function* tasksOf<T>(
  found: AsyncIterable<readonly FoundFile[]>,
  { kernel, depth, passedOver, work, bytes = ({ workingBytes }) => workingBytes }: LocalImagesOptions<T>,
): AsyncGenerator<Task<T | Measured<FailedRow | LocalFailedRow>>> {
  let images = 0;
  for await (const files of found) {
    for (const file of files) {
      const input = readLocal(file);
      if (input === FOLDER_LINK) {
        passedOver.folderLinks += 1;
      } else if (Buffer.isBuffer(input)) {
        const prepared = kernel.prepare(input, file.key, depth);
        const at = images++;
        yield { bytes: input.length + bytes(prepared), start: () => work(prepared, file, at) };
      } else {
        yield { bytes: 0, start: async () => input };
      }
    }
  }
}
