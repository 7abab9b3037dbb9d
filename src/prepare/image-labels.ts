import { FanfleetError } from '../errors.ts';
import type { LabelSource } from '../workloads/labels/label-source.ts';
import { MOST_LABELS } from '../workloads/labels/labels-text.ts';
import { type FindLabels, type LabelFiles, labelFinder } from './find-labels.ts';
import type { ImageKeys } from './image-keys.ts';

/** Images of a manifest whose labels are found and held; of more than these none is. */
export const MOST_LABELLED = 2_000_000;

/** Where labels are found, once that is settled. */
export type SettledSource = Exclude<LabelSource, 'auto'>;

/**
 * Where labels are found: with `auto` by folders where every image that has to have a label lies in one, and not all in one of
 * the same name, which tells none from another; else by name.
 *
 * @param others images that were divided from those
 */
export function settledSource(
  asked: LabelSource,
  labelled: ImageKeys,
  others: readonly ImageKeys[] = [],
): SettledSource {
  if (asked !== 'auto') return asked;
  const folders = new Set([labelled, ...others].flatMap((set) => [...new Set(set.folders)]));
  return folders.size > 1 && !labelled.folders.includes(null) ? 'folder' : 'name';
}

/** Labels of images, found in one way for all of them. */
export class ImageLabels {
  readonly #find: FindLabels;
  readonly #mostLabels: number;
  readonly #labels = new Set<string>();

  private constructor(find: FindLabels, mostLabels: number) {
    this.#find = find;
    this.#mostLabels = mostLabels;
  }

  /**
   * @param sets images whose labels will be asked for
   * @param mostLabels that differ, of all sets together
   * @throws FanfleetError `INVALID_INPUT` where there cannot be any: a CSV is not there or cannot be used, or images are in tars and
   *   their labels beside them; S3's code
   */
  static async from(
    source: SettledSource,
    sets: readonly ImageKeys[],
    place: LabelFiles,
    mostLabels = MOST_LABELS,
  ): Promise<ImageLabels> {
    // Members of tars have no JSON beside them.
    const inTar = sets.map((set) => set.inTar).find((key) => key !== null);
    if (source === 'json' && inTar !== undefined) {
      throw unusable(
        `Expected images with their JSON beside them but ${inTar} is in a tar: unpack it, or have the labels in a CSV.`,
      );
    }
    return new ImageLabels(await labelFinder(source, place), mostLabels);
  }

  /**
   * The labels of those images that have one, by their keys.
   *
   * @throws FanfleetError `INVALID_INPUT` where too many labels differ; S3's code
   */
  async of(images: ImageKeys): Promise<Map<string, string>> {
    const labels = await this.#find(images);
    const known = new Map<string, string>();
    for (const [index, key] of images.keys.entries()) {
      const label = labels[index] ?? null;
      if (label === null) continue;
      known.set(key, label);
      this.#labels.add(label);
      if (this.#labels.size > this.#mostLabels) throw this.#tooMany(key, label);
    }
    return known;
  }

  #tooMany(key: string, label: string): FanfleetError {
    const most = this.#mostLabels.toLocaleString('en-US');
    return unusable(
      `Expected at most ${most} labels that differ but there are more, e.g. ${JSON.stringify(label)} of ${key}: say by \`labels\` where they are ("folder", "name", "json", or the key of a CSV).`,
    );
  }
}

const PLACES: Readonly<Record<string, string>> = {
  folder: 'the names of the folders that they lie in',
  name: 'what stands between the last `-` of their names and the suffix',
  json: 'the field `label` of the JSON beside each',
};

/**
 * The error of images of which none has a label.
 *
 * @param images what they are, e.g. `the images to learn from`
 */
export function noLabels(images: string, source: SettledSource, keys: readonly string[]): FanfleetError {
  const place = PLACES[source] ?? `the column \`label\` of ${source}`;
  return unusable(
    `Expected labels of ${images}, ${place}, but none of ${keys.length} has one, first ${keys[0]}: say by \`labels\` where they are ("folder", "name", "json", or the key of a CSV).`,
  );
}

function unusable(message: string): FanfleetError {
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
