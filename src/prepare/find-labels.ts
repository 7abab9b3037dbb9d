import type { ObjectStore } from '../aws/object-store.ts';
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts';
import type { NoteLog } from '../dataset/notes.ts';
import { GETS_AT_ONCE } from '../dataset/reads.ts';
import { FanfleetError } from '../errors.ts';
import { jsonKey, labelInJson, nameLabel } from '../workloads/labels/label-of-image.ts';
import type { LabelSource } from '../workloads/labels/label-source.ts';
import { readLabelTable } from '../workloads/labels/label-table.ts';
import type { ImageKeys } from './image-keys.ts';
import { readBounded } from './read-bounded.ts';
import { utf8Text } from './utf8-text.ts';

/** Most bytes of a CSV: as a text it has to fit into a string. */
const TABLE_BYTES = 256 * 1024 * 1024;
/** Most bytes of the JSON beside an image, of which several are read at once. */
const JSON_BYTES = 1024 * 1024;

/** The labels of images, in their order; null where one has none. */
export type FindLabels = (images: Pick<ImageKeys, 'keys' | 'folders'>) => Promise<readonly (string | null)[]>;

export interface LabelFiles {
  /** The bucket of the images. */
  readonly bucket: string;
  readonly files: Pick<ObjectStore, 'stream'>;
  /** Told of files that are there and cannot be used. */
  readonly notes: Pick<NoteLog, 'add'>;
}

/**
 * How labels are found.
 *
 * @throws FanfleetError `INVALID_INPUT` where a CSV is not there or cannot be used; S3's code
 */
export async function labelFinder(
  source: Exclude<LabelSource, 'auto'>,
  place: LabelFiles,
): Promise<FindLabels> {
  if (source === 'folder') return async ({ folders }) => folders;
  if (source === 'name') return async ({ keys }) => keys.map(nameLabel);
  if (source === 'json') return ({ keys }) => labelsInJson(keys, place);
  const table = await readTable(source, place);
  return async ({ keys }) => keys.map((key) => table.get(key) ?? null);
}

async function labelsInJson(keys: readonly string[], { files, notes }: LabelFiles) {
  const labels = new Array<string | null>(keys.length).fill(null);
  await forEachConcurrent(keys, GETS_AT_ONCE, async (key, index) => {
    const file = jsonKey(key);
    const text = await readBounded(files, file, JSON_BYTES);
    if (text === null) return;
    labels[index] = text === 'too large' ? null : labelOrNull(utf8Text(text));
    if (labels[index] === null) notes.add('LABELS_UNUSABLE', file);
  });
  return labels;
}

function labelOrNull(text: string): string | null {
  try {
    return labelInJson(text);
  } catch {
    return null;
  }
}

async function readTable(key: string, { bucket, files }: LabelFiles): Promise<Map<string, string>> {
  const where = `s3://${bucket}/${key}`;
  const table = await readBounded(files, key, TABLE_BYTES);
  if (table === null) {
    throw unusable(`Expected a CSV with labels at ${where} but it is not there: correct \`labels\`.`);
  }
  if (table === 'too large') {
    throw unusable(`Expected labels of at most 256 MiB in ${where} but it has more.`);
  }
  return readLabelTable(table.toString('utf8'), where);
}

function unusable(message: string): FanfleetError {
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
