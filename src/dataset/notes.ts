import { NOTE_EXAMPLES, type Note } from '../contract/plan.ts';
import type { TarRemark } from './shards/tar-walk.ts';

/** What is worth a word of a dataset, beside its images: mostly what was left out of it. */
export const NOTES = {
  SHARDS_COMPRESSED: 'Compressed tars were left out; unpack them to plain tars',
  SHARDS_NOT_WHOLE: 'Tars could not be read, or not to their end; each is a row with its error',
  SHARD_INDEXES_DAMAGED:
    'Indexes of shards are not whole, so the tars were read themselves; delete or renew them',
  SYMBOLIC_LINKS:
    'Symbolic links with the names of images were left out of tars; tar writes the files instead with --dereference',
  SPECIAL_FILES: 'Devices and FIFOs with the names of images were left out of tars',
  FILE_PARTS: 'Rests of images from other volumes of a tar were left out; write the tar in one volume',
  UNUSABLE_NAMES: 'Files in tars were left out whose name is empty or longer than 8 KiB',
  TRAILING_BYTES: 'Tars have bytes behind their end that are no tar; these were left out',
  EARLIER_VERSIONS:
    'Files in tars were left out that the same tar has again later on, as tar does when it extracts',
  KEYS_NAME_SHARDS:
    'Several shards have files of the same name, so the keys of their rows are `<shard>/<name>`; a run always has it so with shardKeys `path`',
  KEYS_REPEATED: 'Keys are named more than once; each is one image of the run',
  SHARDS_UNALIKE:
    'Batches have images of one label only, and each learns by itself: name images so that labels are mixed in key order',
  CLASSES_NOT_LEARNED:
    'Images that are not learned from have a label that no other image has, and count nowhere',
  TRAINING_NOT_READ: 'Images could not be read or decoded and were left out of the training set',
  TRAINING_ONE_LABEL:
    'All images to learn from have one label, so nothing is told apart: say by `labels` where theirs are',
  TRAINING_NOT_LABELLED: 'Images have no label and were left out of the training set',
  LABELS_UNUSABLE:
    'Files of labels are no JSON of at most 1 MiB with a `label` that is a string or an integer',
  ASKED_NOT_LABELLED: 'Images that are asked have no label, so whether their answers are right is not known',
  ASKED_TOO_MANY: 'Labels were looked for of no image that is asked, since there are more than 2 million',
  START_NOT_READ: 'Images could not be read or decoded, so none of them is a first centre',
  START_SIZE_DIFFERS:
    'Images have another size than most, so none of them is a first centre, and none like them is in a cluster; scale them to one size',
  START_NOT_DISTINCT: 'Fewer images differ than there are clusters, so some clusters stay empty',
  IMAGES_NOT_LABELLED: 'Images have no label, so the answer is compared with the labels of the others',
  IMAGES_TOO_MANY: 'Labels were looked for of no image, since there are more than 2 million',
  LABELS_NOT_SUITED: 'The answer is compared with no labels, since those that were found cannot be used',
  ASKED_LEARNED: 'Images that are asked are in the training set as well, each the nearest of itself',
} as const;
export type NoteCode = keyof typeof NOTES;
const CODES = Object.keys(NOTES) as NoteCode[];

const LONGEST_EXAMPLE = 500;

/** Counts notes and keeps some examples of each. */
export class NoteLog {
  readonly #found = new Map<NoteCode, { count: number; examples: string[] }>();

  add(code: NoteCode, example: string): void {
    const entry = this.#found.get(code) ?? { count: 0, examples: [] };
    entry.count += 1;
    if (entry.examples.length < NOTE_EXAMPLES) entry.examples.push(shortened(example));
    this.#found.set(code, entry);
  }

  /** In the order of `NOTES`. */
  list(): Note[] {
    return CODES.flatMap((code) => {
      const entry = this.#found.get(code);
      return entry === undefined ? [] : [{ code, message: NOTES[code], ...entry }];
    });
  }
}

const REMARKS = {
  SYMBOLIC_LINK: 'SYMBOLIC_LINKS',
  SPECIAL_FILE: 'SPECIAL_FILES',
  FILE_PART: 'FILE_PARTS',
  UNUSABLE_NAME: 'UNUSABLE_NAMES',
} as const;

/**
 * Note what was remarked of a tar.
 *
 * @param isImage whether a name is an image's: of other entries nothing is noted
 */
export function noteRemark(
  notes: NoteLog,
  remark: TarRemark,
  tar: string,
  isImage: (name: string) => boolean,
): void {
  if (remark.what === 'TRAILING_BYTES') {
    notes.add('TRAILING_BYTES', `${remark.bytes} bytes at byte ${remark.offset} of ${tar}`);
  } else if (remark.what === 'UNUSABLE_NAME' || isImage(remark.name)) {
    notes.add(REMARKS[remark.what], `${remark.name === '' ? 'no name' : remark.name} in ${tar}`);
  }
}

/** A note as a sentence: `Compressed tars were left out; unpack them to plain tars (2, e.g. shards/1.tar.gz).` */
export function noteText({ message, count, examples: [example] }: Note): string {
  return `${message} (${count === 1 ? '' : `${count.toLocaleString('en-US')}, e.g. `}${example}).`;
}

function shortened(example: string): string {
  return example.length > LONGEST_EXAMPLE ? `${example.slice(0, LONGEST_EXAMPLE)}…` : example;
}
