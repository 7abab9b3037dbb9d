import type { DatasetObject } from '../contract/manifest.ts';
import type { Pages } from '../dataset/key-order.ts';

/** Objects that are held together. */
const PART = 1_000;

/** A listing that is held as JSON, which takes a quarter of the memory of its objects. */
export class PackedPages {
  readonly #pages: Buffer[] = [];
  count = 0;

  /** @param tooMany the error that is thrown beyond `limit` objects */
  static async of(pages: Pages, limit: number, tooMany: () => Error): Promise<PackedPages> {
    const packed = new PackedPages();
    for await (const page of pages) {
      packed.count += page.length;
      if (packed.count > limit) throw tooMany();
      // A listing that had to be sorted comes as one page, whose text would be longer than a text can be.
      for (let at = 0; at < page.length; at += PART) {
        packed.#pages.push(Buffer.from(JSON.stringify(page.slice(at, at + PART))));
      }
    }
    return packed;
  }

  /** The same objects once more, in pages of at most 1,000. */
  *pages(): Generator<readonly DatasetObject[]> {
    for (const page of this.#pages) yield JSON.parse(page.toString('utf8'));
  }
}
