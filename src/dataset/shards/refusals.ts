import { isObjectError, meaningOf, type ObjectErrorCode } from '../../contract/row.ts';
import { FanfleetError } from '../../errors.ts';

/** Keys of a code that are named. */
const EXAMPLES = 20;

/** Images that S3 did not give, by why: the code of the rows that they would have in a run. */
export type Refusals = {
  readonly code: ObjectErrorCode;
  readonly count: number;
  /** The first keys. */
  readonly examples: readonly string[];
};

/** Counts what is left out, so that it can be told. */
export class RefusalLog {
  readonly #found = new Map<ObjectErrorCode, { count: number; examples: string[] }>();

  /**
   * What `read` gives, or null for an image that S3 does not give.
   *
   * @throws what `read` throws of more than one object
   */
  async unlessRefused<T>(key: string, read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (reason) {
      const { code } = FanfleetError.from(reason);
      if (!isObjectError(code)) throw reason;
      const entry = this.#found.get(code) ?? { count: 0, examples: [] };
      entry.count += 1;
      if (entry.examples.length < EXAMPLES) entry.examples.push(key);
      this.#found.set(code, entry);
      return null;
    }
  }

  list(): Refusals[] {
    return [...this.#found].map(([code, entry]) => ({ code, ...entry }));
  }
}

/** A line for each code. */
export function refusalText(refusals: readonly Refusals[]): string {
  return refusals
    .map(
      ({ code, count, examples }) =>
        `${count} left out with ${code} (${meaningOf(code)}), e.g. ${examples[0]}`,
    )
    .join('\n');
}
