import type { DatasetObject } from '../contract/manifest.ts';
import type { ClassTally } from '../contract/plan.ts';
import { SLICE_BYTES } from './reads.ts';
import type { ListedObject } from './s3-listing.ts';

const STANDARD = 'STANDARD';

/** Images, and what it takes to read them, by storage class: those in a tar have the class of the tar. */
export class StorageTally {
  readonly #tallies = new Map<string, ClassTally>();
  /** Of the page at hand, keys of every class but Standard. */
  #classes: ReadonlyMap<string, string> = new Map();
  /** Of all pages, tars of every class but Standard. */
  readonly #tars = new Map<string, string>();

  /** Begin the next page of the listing. */
  page(objects: readonly ListedObject[]): void {
    const others = objects.filter(({ storageClass }) => storageClass !== STANDARD);
    this.#classes = new Map(others.map(({ key, storageClass }) => [key, storageClass]));
  }

  /** Count images of that page, or of tars of that page. */
  images(images: readonly DatasetObject[]): void {
    for (const image of images) this.#count(image, 1);
  }

  /** Take back images of tars of any page, since later ones of the same names count. */
  withdraw(images: readonly DatasetObject[]): void {
    for (const image of images) this.#count(image, -1);
  }

  #count(image: DatasetObject, times: 1 | -1): void {
    const tally = this.#of(image);
    tally.items += times;
    // Of an object that the plan refuses nothing is read.
    if (image.refused !== undefined) return;
    tally.bytes += times * image.size;
    tally.gets += (times * (image.shard === undefined ? SLICE_BYTES : image.size)) / SLICE_BYTES;
  }

  /** Count a GET of each of these objects that the listing itself needed. */
  listingGets(objects: readonly DatasetObject[]): void {
    for (const object of objects) this.#of(object).listingGets += 1;
  }

  /** By the name of the class; classes of which nothing was read are left out. */
  toJSON(): Record<string, ClassTally> {
    return Object.fromEntries([...this.#tallies].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #of({ key, shard }: DatasetObject): ClassTally {
    const storageClass = this.#classes.get(shard?.key ?? key) ?? this.#tars.get(shard?.key ?? '') ?? STANDARD;
    if (shard !== undefined && storageClass !== STANDARD) this.#tars.set(shard.key, storageClass);
    const found = this.#tallies.get(storageClass);
    if (found !== undefined) return found;
    const fresh = { items: 0, bytes: 0, gets: 0, listingGets: 0 };
    this.#tallies.set(storageClass, fresh);
    return fresh;
  }
}
