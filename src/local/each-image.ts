import { inOrder } from '../concurrency/in-order.ts';
import type { FailedRow } from '../contract/row.ts';
import type { FoundFile } from '../dataset/files/walk-folder.ts';
import type { Kernel, Measured, Prepared } from '../kernel/kernel.ts';
import type { LocalFailedRow } from './failed-row.ts';
import type { MeasureOptions } from './measure-files.ts';
import { FOLDER_LINK, readLocal } from './read-file.ts';

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
  yield* inOrder(worksOn(found, options), ({ begin }) => begin(), {
    atOnce: overlap,
    bytesOf: ({ bytes }) => bytes,
    bytes: memoryBytes,
  });
}

/** What there is to do, before any of it is begun. */
async function* worksOn<T>(
  found: AsyncIterable<readonly FoundFile[]>,
  { kernel, depth, passedOver, work, bytes = ({ workingBytes }) => workingBytes }: LocalImagesOptions<T>,
): AsyncGenerator<{ bytes: number; begin: () => Promise<T | Measured<FailedRow | LocalFailedRow>> }> {
  let images = 0;
  for await (const files of found) {
    for (const file of files) {
      const input = readLocal(file);
      if (input === FOLDER_LINK) {
        passedOver.folderLinks += 1;
      } else if (Buffer.isBuffer(input)) {
        const prepared = kernel.prepare(input, file.key, depth);
        const at = images++;
        yield { bytes: input.length + bytes(prepared), begin: () => work(prepared, file, at) };
      } else {
        yield { bytes: 0, begin: async () => input };
      }
    }
  }
}
