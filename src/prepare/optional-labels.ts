import type { NoteLog } from '../dataset/notes.ts';
import { FanfleetError } from '../errors.ts';
import type { LabelSource } from '../workloads/labels/label-source.ts';
import { imageKeys } from './image-keys.ts';
import { ImageLabels, MOST_LABELLED, noLabels, settledSource } from './image-labels.ts';
import type { PrepareOptions } from './options.ts';

/**
 * The file of the labels of a run's images, where nothing but its answer compares with them: images may have none, and unless it is
 * said where labels are, so may all.
 *
 * @param write what is made of the labels, by the keys of their images; of none where there are none that can be used
 * @returns the file, and how many labels differ
 * @throws FanfleetError `INVALID_INPUT` where they are not where they were said to be; S3's code
 */
export async function optionalLabels(
  asked: LabelSource,
  { bucket, files, prefix, manifest }: Pick<PrepareOptions, 'bucket' | 'files' | 'prefix' | 'manifest'>,
  notes: NoteLog,
  write: (labels: ReadonlyMap<string, string>) => Buffer,
): Promise<{ readonly file: Buffer; readonly count: number }> {
  const none = { file: write(new Map()), count: 0 };
  const images = await imageKeys(manifest(), prefix, MOST_LABELLED);
  if (images.count > MOST_LABELLED) {
    notes.add('IMAGES_TOO_MANY', `${images.count} images`);
    return none;
  }
  const source = settledSource(asked, images);
  try {
    const labels = await (await ImageLabels.from(source, [images], { bucket, files, notes })).of(images);
    const count = new Set(labels.values()).size;
    if (asked === 'auto') {
      // Where each is of one image only they divide nothing: such as the numbers of photographs.
      if (count === labels.size) return none;
    } else if (count === 0) {
      throw noLabels('the images', source, images.keys);
    }
    const file = write(labels);
    for (const key of images.keys) if (!labels.has(key)) notes.add('IMAGES_NOT_LABELLED', key);
    return { file, count };
  } catch (reason) {
    // Nobody has asked for them.
    if (asked !== 'auto' || !(reason instanceof FanfleetError) || reason.code !== 'INVALID_INPUT')
      throw reason;
    notes.add('LABELS_NOT_SUITED', reason.message.replace(`[${reason.code}] `, ''));
    return none;
  }
}
