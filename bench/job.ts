import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where a contender takes the images from. `loose` and `shards` are objects of an S3 server. */
export const SOURCES = ['memory', 'files', 'loose', 'shards'] as const;
export type Source = (typeof SOURCES)[number];

/** What it does with them: exact statistics, or normalised copies in a format. */
export type Task = 'statistics' | 'jpeg' | 'png';

/** An S3 server that has the images of the set. */
export type Store = {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** What stands before the name of an image in its key. */
  readonly loosePrefix: string;
  /** Keys of the tar files that hold the same images, in their order. */
  readonly shards: readonly string[];
};

/** What a contender has to do: the argument of its process, as JSON. */
export type Job<T extends string = Task> = {
  /** Absolute; all its files are images, but for tasks of other benches. */
  readonly folder: string;
  readonly source: Source;
  readonly task: T;
  /** Cores to use. */
  readonly threads: number;
  readonly store: Store | null;
};

/** The files of the job, in the order of all results. */
export function jobPaths({ folder }: Pick<Job, 'folder'>): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}
