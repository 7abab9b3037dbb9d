import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** How many are kept: of some 24 MB each. */
const KEPT = 3;

/** Packages of the stack by all that they are made from, so that what has not changed is not packed again. */
export class Packages {
  readonly #folder: string;
  /** Where `sls deploy` leaves what it has packed. */
  readonly #packed: string;

  /** @param root of the repository: they are the same for every home */
  constructor(root: string) {
    this.#folder = join(root, '.fanfleet', 'packages');
    this.#packed = join(root, '.serverless');
  }

  /**
   * The folder of one, for `sls deploy --package`, or nothing if it is not kept.
   *
   * @param madeFrom everything that it depends on
   */
  async find(madeFrom: string): Promise<string | undefined> {
    const folder = this.#of(madeFrom);
    const now = new Date();
    // Those that are used are kept the longest.
    return utimes(folder, now, now).then(
      () => folder,
      () => undefined,
    );
  }

  /** Keep what was just packed. Who looks for it meanwhile finds all of it or nothing. */
  async keep(madeFrom: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const made = await mkdtemp(join(this.#folder, 'making-'));
    try {
      await cp(this.#packed, made, { recursive: true });
      await rm(this.#of(madeFrom), { recursive: true, force: true });
      await rename(made, this.#of(madeFrom));
    } finally {
      await rm(made, { recursive: true, force: true });
    }
    await this.#removeOld();
  }

  /** Do not use it again. */
  async forget(madeFrom: string): Promise<void> {
    await rm(this.#of(madeFrom), { recursive: true, force: true });
  }

  #of(madeFrom: string): string {
    return join(this.#folder, createHash('sha256').update(madeFrom).digest('hex').slice(0, 32));
  }

  async #removeOld(): Promise<void> {
    const folders = (await readdir(this.#folder)).map((name) => join(this.#folder, name));
    const ages = await Promise.all(folders.map(async (path) => ({ path, used: (await stat(path)).mtimeMs })));
    ages.sort((a, b) => b.used - a.used);
    for (const { path } of ages.slice(KEPT)) await rm(path, { recursive: true, force: true });
  }
}
