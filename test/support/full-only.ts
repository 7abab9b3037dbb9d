/** Whether whole matrices are wanted, as the tests of a release do by `npm run test:full`. */
export const IS_FULL = process.env.FANFLEET_TESTS === 'full';

/**
 * The cells of a costly matrix: every one in `npm run test:full`, and in `npm test` those that show each behaviour once.
 *
 * @param quick none by default: then `npm test` shows the behaviour elsewhere
 */
export function fullOnly<T>(every: readonly T[], quick: readonly T[] = []): readonly T[] {
  return IS_FULL ? every : quick;
}
