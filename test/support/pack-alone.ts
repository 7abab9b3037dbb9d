import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A name that Linux gives to one socket at a time, and takes back when its process ends, however that ends. */
const NAME = `\0fanfleet-packing:${fileURLToPath(new URL('../..', import.meta.url))}`;
const POLL_MS = 200;

/** Do what packs the functions while no other test does: `sls` packs into folders of the clone, whoever asks for it. */
export async function packAlone<T>(pack: () => Promise<T>): Promise<T> {
  const held = createServer();
  for (;;) {
    held.listen({ path: NAME });
    try {
      await once(held, 'listening');
      break;
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw reason;
      await sleep(POLL_MS);
    }
  }
  try {
    return await pack();
  } finally {
    held.close();
    await once(held, 'close');
  }
}
