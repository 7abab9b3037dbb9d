import type { BucketReader } from '../../aws/bucket-reader.ts';
import type { ShownSize } from './thumbnail.ts';

/** What the page shows of images. */
export interface PageImages {
  /** How large all of them are shown; null where that is not known. */
  readonly size: ShownSize | null;
  /** Data URIs, by the names that the view of the answer has for them. An image that could not be read is not among them. */
  readonly shown: ReadonlyMap<string, string>;
  /** Why some are not shown, as a sentence; null where all that are wanted are. */
  readonly note: string | null;
}

export const NO_IMAGES: PageImages = { size: null, shown: new Map(), note: null };

/** Where they are read: the bucket of runs, and that of the images. */
export interface ImageReaders {
  readonly runs: Pick<BucketReader, 'get'>;
  readonly images: Pick<BucketReader, 'stream'>;
}
