/** Batches by which each way is judged, the quickest of which counts: the first one of a session is slow. */
const TRIALS = 2;

type Way = 'together' | 'alone';

/**
 * Finds out whether a model is quicker with the images of a batch at once or with one after the other, by its first full batches: a
 * small network of large images is done sooner alone, since what it computes of several does not stay in the caches of the
 * processor. Its answers do not depend on it.
 */
export class QuickestParts {
  readonly #most: number;
  readonly #took: Readonly<Record<Way, number[]>> = { together: [], alone: [] };
  #started: Record<Way, number> = { together: 0, alone: 0 };

  /** @param most images of a full batch */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many of the images of the next batch the model is to have at a time. */
  next(images: number): number {
    if (this.#most === 1) return 1;
    const way = images < this.#most ? this.#best() : this.#untried();
    this.#started[way] += images < this.#most ? 0 : 1;
    return way === 'alone' ? 1 : images;
  }

  /** @param ms that a batch of so many images took, so many at a time */
  took(images: number, atOnce: number, ms: number): void {
    if (images < this.#most) return;
    this.#took[atOnce === 1 ? 'alone' : 'together'].push(ms);
  }

  #untried(): Way {
    const { together, alone } = this.#started;
    if (Math.min(together, alone) >= TRIALS) return this.#best();
    return together <= alone ? 'together' : 'alone';
  }

  #best(): Way {
    const { together, alone } = this.#took;
    return alone.length > 0 && Math.min(...alone) < Math.min(...together) ? 'alone' : 'together';
  }
}
