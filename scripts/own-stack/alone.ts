import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const CLONE = fileURLToPath(new URL('../..', import.meta.url));
const POLL_MS = 200;

/**
 * Do what writes into a folder that others of this clone use too, while none of them does the same.
 *
 * @param what it is: `packing` since `sls` packs into folders of the clone, `samples` where stacks share them
 */
export async function alone<T>(what: 'packing' | 'samples', work: () => Promise<T>): Promise<T> {
  // A name that Linux gives to one socket at a time, and takes back when its process ends, however that ends.
  const path = `\0fanfleet-${what}:${CLONE}`;
  const held = createServer();
  for (;;) {
    held.listen({ path });
    try {
      await once(held, 'listening');
      break;
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw reason;
      await sleep(POLL_MS);
    }
  }
  try {
    return await work();
  } finally {
    held.close();
    await once(held, 'close');
  }
}
