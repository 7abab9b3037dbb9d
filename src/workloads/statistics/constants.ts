import * as z from 'zod';
import type { DatasetStatistics } from './statistics.ts';

/** What is to be pasted into the training code of a library, as text in its language. */
export const constantsSchema = z.object({
  /** Tensors of 0 to 1, as `ToTensor` and `ToDtype(scale=True)` give them. */
  torchvision: z.string(),
  /** Pixels of 0 to 255, as `image_dataset_from_directory` gives them. */
  keras: z.string(),
  /** Pixels of 0 to 255, which it divides by `max_pixel_value` itself. */
  albumentations: z.string(),
});
export type Constants = z.infer<typeof constantsSchema>;

/** So many significant digits give the same float32 as all of them. */
const DIGITS = 9;

/**
 * What stands for a standard deviation of 0: the whole range, so that the channel becomes 0 everywhere. At 0 torchvision's
 * `Normalize` raises ValueError, and what others give is NaN, infinite or huge. scikit-learn's `StandardScaler` takes 1 too.
 */
const WHOLE_RANGE = { level: 255, unit: 1 } as const;

/**
 * Mean and standard deviation per channel as normalisation constants; null where they are not known. 1 (of 0 to 1) stands
 * for a deviation of 0, and `constantsNote` says so.
 */
export function constantsOf({ channels }: Pick<DatasetStatistics, 'channels'>): Constants | null {
  const mean = channels.map((channel) => channel.mean).filter((figure) => figure !== null);
  const std = channels
    .map((channel) => (isUnvarying(channel) ? WHOLE_RANGE : channel.std))
    .filter((figure) => figure !== null);
  if (mean.length < channels.length || std.length < channels.length) return null;
  const units = (figures: readonly Figure[]) => figures.map(({ unit }) => text(unit)).join(', ');
  const means = mean.map(({ level }) => text(level)).join(', ');
  const variances = std.map(({ level }) => text(level * level)).join(', ');
  return {
    torchvision: `transforms.Normalize(mean=[${units(mean)}], std=[${units(std)}])`,
    keras: `keras.layers.Normalization(mean=[${means}], variance=[${variances}])`,
    albumentations: `A.Normalize(mean=(${units(mean)}), std=(${units(std)}), max_pixel_value=255.0)`,
  };
}

/** What is to be said beside constants in which 1 stands for a deviation of 0; null where every channel varies. */
export function constantsNote({ channels }: Pick<DatasetStatistics, 'channels'>): string | null {
  const names = channels.filter(isUnvarying).map(({ channel }) => channel);
  if (names.length === 0) return null;
  const listed = new Intl.ListFormat('en').format(names);
  return `All pixels have the same ${listed}: the standard deviation is 0, by which nothing can be divided (torchvision refuses it). The lines have 1 of 0 to 1 in its place, which makes ${names.length === 1 ? 'the channel' : 'these channels'} 0 everywhere: keep it, or leave out what never varies.`;
}

function isUnvarying({ std }: DatasetStatistics['channels'][number]): boolean {
  return std?.level === 0;
}

type Figure = NonNullable<DatasetStatistics['channels'][number]['mean']>;

function text(value: number): string {
  return String(Number(value.toPrecision(DIGITS)));
}
