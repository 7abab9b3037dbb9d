import type { DatasetObject } from '../contract/manifest.ts';
import type { Pages } from '../dataset/key-order.ts';

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
      packed.#pages.push(Buffer.from(JSON.stringify(page)));
    }
    return packed;
  }

  /** The same pages once more. */
  *pages(): Generator<readonly DatasetObject[]> {
    for (const page of this.#pages) yield JSON.parse(page.toString('utf8'));
  }
}
