import { type ImageReaders, NO_IMAGES, type PageImages } from '../../thumbnails/page-images.ts';
import { photographs } from '../../thumbnails/photographs.ts';
import type { Classification } from './classification.ts';

/** Images that are shown of those that were not recognised, and of those of which the model was least sure. */
export const SHOWN = 12;

/** Both, by their keys. Never rejects: what cannot be read is not shown. */
export async function readExamples(
  { wrong, unsure }: Classification,
  { images }: ImageReaders,
): Promise<PageImages> {
  const keys = [...wrong.slice(0, SHOWN), ...unsure.slice(0, SHOWN)].map(({ key }) => key);
  if (keys.length === 0) return NO_IMAGES;
  return photographs(keys, images);
}
