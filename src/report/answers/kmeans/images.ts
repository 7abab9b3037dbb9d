import { NO_IMAGES, type PageImages } from '../../thumbnails/page-images.ts';
import { shownSize, thumbnailOf } from '../../thumbnails/thumbnail.ts';
import { type Clustering, largestOf } from './clusters.ts';

/** Clusters that the page shows. */
export const CLUSTERS_SHOWN = 100;

export const centreImage = (cluster: number) => `centre/${cluster}`;

/** The centres as pictures, of the clusters that are shown. */
export async function centreImages(answer: Clustering): Promise<PageImages> {
  const { centres } = answer;
  if (centres === null) return NO_IMAGES;
  const shown = await Promise.all(
    largestOf(answer, CLUSTERS_SHOWN).map(async ({ number }) => {
      const pixels = Buffer.from(centres.pixels[number] ?? '', 'base64');
      if (pixels.length !== centres.width * centres.height * 3) return [];
      return [[centreImage(number), await thumbnailOf(pixels, centres)] as const];
    }),
  );
  return { size: shownSize(centres), shown: new Map(shown.flat()), note: null };
}
