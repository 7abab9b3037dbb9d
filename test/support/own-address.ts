/**
 * A loopback address for a host, which no other file of this run of the tests has that runs meanwhile. One of another run on
 * this machine, such as the one that `interrupted.test.ts` starts, has it only if the numbers of both processes leave the same
 * rest by 254. An offline AWS gives its hosts 127.0.0.x.
 *
 * @param number from 1 to 254
 */
export function ownAddress(number: number): string {
  return `127.${1 + (process.ppid % 254)}.${process.env.VITEST_POOL_ID}.${number}`;
}
