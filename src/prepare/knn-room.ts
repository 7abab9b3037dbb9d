import type { Held } from './expect-room.ts';

/** The file, and what a kernel makes of it (docs/knn.md): the portable one of Node in each of its threads, from a copy of the file. */
const COPIES = { native: 2, portable: 1, portableThread: 2, python: 2 } as const;

/** What workers of a run of `knn` hold. @param bytes of the file of the training set */
export function heldOfKnn(bytes: number): Held {
  const copies = (times: number) => ({
    shared: times * bytes,
    perBatch: 0,
    less: () => 'learn from fewer or smaller images',
  });
  return {
    what: `a training set of ${Math.ceil(bytes / (1024 * 1024))} MiB`,
    node: {
      native: copies(COPIES.native),
      portable: { ...copies(COPIES.portable), perThread: COPIES.portableThread * bytes },
    },
    python: copies(COPIES.python),
    keeps: false,
  };
}
