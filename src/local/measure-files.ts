import { freeBuffer } from '../concurrency/free-buffer.ts';
import { inOrder } from '../concurrency/in-order.ts';
import type { Depth } from '../contract/depth.ts';
import type { Operation } from '../contract/operation.ts';
import type { Row } from '../contract/row.ts';
import { findFiles } from '../dataset/files/find-files.ts';
import { lookAtPaths } from '../dataset/files/named-paths.ts';
import { nothingPassedOver, type PassedOver } from '../dataset/files/passed-over.ts';
import type { FoundFile } from '../dataset/files/walk-folder.ts';
import type { Kernel, Measured, Prepared } from '../kernel/kernel.ts';
import type { LocalFailedRow } from './failed-row.ts';
import { FOLDER_LINK, readLocal } from './read-file.ts';

export type MeasureOptions = {
  readonly kernel: Kernel;
  readonly operation: Operation;
  /** @default 8 */
  readonly depth?: Depth;
  /** Told of links to folders. */
  readonly passedOver: PassedOver;
  /** Most images in the works at once; many small ones count as one where the kernel does them together. @default 4 */
  readonly overlap?: number;
  /** Most bytes of files and pixels in the works at once, unless one image alone needs more. @default 512 MiB */
  readonly memoryBytes?: number;
};
export type LocalFilesOptions = Omit<MeasureOptions, 'passedOver'> & {
  /** Which files of a folder are measured, by their names; a file that is named itself always is. @default all */
  readonly accept?: (name: string) => boolean;
};
export type LocalMeasured = Measured<Row | LocalFailedRow>;

/**
 * Measure files and folders of this machine, in key order; a key is the path as given, joined with `/`.
 *
 * @throws FanfleetError `PATH_NOT_FOUND` or `PATH_UNREADABLE`, naming the path
 * @example
 * for await (const { row } of measureLocalFiles(['photos'], { kernel, operation: 'stats' })) emit(serializeRow(row));
 */
export async function* measureLocalFiles(
  paths: readonly string[],
  { accept = () => true, ...options }: LocalFilesOptions,
): AsyncGenerator<LocalMeasured, void> {
  const passedOver = nothingPassedOver();
  const found = findFiles(lookAtPaths(paths, accept), { accept, passedOver });
  for await (const measured of measureFound(found, { ...options, passedOver })) yield* measured;
}

/** Measure the files that were found, and give their rows in the same order, as many at a time as are done together. */
export async function* measureFound(
  found: AsyncIterable<readonly FoundFile[]>,
  { overlap = 4, memoryBytes = 512 * 1024 * 1024, ...options }: MeasureOptions,
): AsyncGenerator<readonly LocalMeasured[], void> {
  const settled = { ...options, overlap, memoryBytes };
  yield* inOrder(groupFiles(found, settled), (group) => rowsOf(group, settled), {
    atOnce: overlap,
    bytesOf: (group) => group.bytes,
    bytes: memoryBytes,
  });
}

async function rowsOf(
  { images, inputs, places }: Group,
  options: Settled,
): Promise<readonly LocalMeasured[]> {
  const measured = (await measureGroup(images, options)).values();
  for (const input of inputs) freeBuffer(input);
  return places.map((failed) => failed ?? (measured.next().value as LocalMeasured));
}

type Settled = MeasureOptions & { readonly overlap: number; readonly memoryBytes: number };
type Group = {
  readonly images: Prepared[];
  readonly inputs: Buffer[];
  /** For each file what became of it, where it has not become an image. */
  readonly places: (LocalMeasured | undefined)[];
  inputBytes: number;
  bytes: number;
};

/** A group is many small images or a single other one. */
const GROUP_INPUT_BYTES = 64 * 1024;
const GROUP_IMAGES = 256;

/** Read files and put small ones together. */
async function* groupFiles(
  found: AsyncIterable<readonly FoundFile[]>,
  { kernel, depth, overlap, memoryBytes, passedOver }: Settled,
): AsyncGenerator<Group> {
  const most = kernel.measureAll === undefined ? 1 : GROUP_IMAGES;
  let group = emptyGroup();
  for await (const files of found) {
    for (const file of files) {
      const input = readLocal(file);
      if (input === FOLDER_LINK) {
        passedOver.folderLinks += 1;
        continue;
      }
      const prepared = Buffer.isBuffer(input) ? kernel.prepare(input, file.key, depth) : undefined;
      const inputBytes = Buffer.isBuffer(input) ? input.length : 0;
      const bytes = inputBytes + (prepared?.workingBytes ?? 0);
      const full =
        group.places.length === most ||
        group.inputBytes + inputBytes > GROUP_INPUT_BYTES ||
        group.bytes + bytes > memoryBytes / overlap;
      if (full && group.places.length > 0) {
        yield group;
        group = emptyGroup();
      }
      if (Buffer.isBuffer(input) && prepared !== undefined) {
        group.images.push(prepared);
        group.inputs.push(input);
        group.places.push(undefined);
      } else {
        group.places.push(input as LocalMeasured);
      }
      group.inputBytes += inputBytes;
      group.bytes += bytes;
    }
  }
  if (group.places.length > 0) yield group;
}

function emptyGroup(): Group {
  return { images: [], inputs: [], places: [], inputBytes: 0, bytes: 0 };
}

async function measureGroup(
  images: readonly Prepared[],
  { kernel, operation }: MeasureOptions,
): Promise<readonly Measured[]> {
  const [first] = images;
  if (images.length === 1 && first !== undefined) return [await first.measure(operation)];
  if (kernel.measureAll !== undefined) return kernel.measureAll(images, operation);
  return Promise.all(images.map((image) => image.measure(operation)));
}
