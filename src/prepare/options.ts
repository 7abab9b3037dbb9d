import type { ObjectStore } from '../aws/object-store.ts';
import type { Batch } from '../contract/manifest.ts';
import type { DecodeOptions } from './decode-images.ts';
import type { Held } from './expect-room.ts';

/** What the inputs of a run are made of, and where they go. */
export interface PrepareOptions extends DecodeOptions {
  readonly runId: string;
  /** The run's own, under which the images of its manifest are. */
  readonly prefix: string;
  /** The bucket of the images, for files beside them. */
  readonly files: Pick<ObjectStore, 'stream'>;
  /** Any bucket, for files that are named with theirs. */
  readonly filesOf: (bucket: string) => Pick<ObjectStore, 'stream'>;
  /** The bucket of the runs. */
  readonly store: Pick<ObjectStore, 'put' | 'putJson'>;
  /** The images of the manifest, and those to learn from where there is a list of such; each may be read again. */
  readonly manifest: () => AsyncIterable<Batch>;
  readonly training: () => AsyncIterable<Batch>;
  /** Refuses what every worker holds where it is too large for them. @default any size will do */
  readonly expectRoom?: (held: Held) => void;
}

/** What `prepare` tells of its work. */
export interface Prepared {
  /** That the inputs were made of, and the labels that these have. */
  readonly images: number;
  readonly labels: number;
  readonly bytes: number;
}
