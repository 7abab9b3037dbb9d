export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** The line that all test runs end with: those of vitest, of pytest, and all of them together. */
export function tallyLine({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`;
}

/** What a line of output counts, if it is such a line. */
export function readTally(line: string): Tally | undefined {
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(line) ?? [];
  return passed === undefined ? undefined : { passed: Number(passed), failed: Number(failed) };
}

/**
 * What a part of the tests counts for.
 *
 * @param told what it said itself; nothing if it does not count, or broke off before it could
 * @param isFine whether its exit status is 0
 */
export function tallyOf(told: Tally | undefined, isFine: boolean): Tally {
  const { passed, failed } = told ?? { passed: 0, failed: 0 };
  // Whatever it counted, a part that says by its status that it failed has failed.
  return { passed, failed: isFine ? failed : Math.max(failed, 1) };
}

export function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((total, { passed }) => total + passed, 0),
    failed: tallies.reduce((total, { failed }) => total + failed, 0),
  };
}
