import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Context } from './context.ts';

/**
 * Wait for what `npm start` still sets up beside the command: the native kernel and what hosts load. Its end is that of a pipe,
 * so that nobody waits for a set-up that has died. Without a pipe there is nothing to wait for.
 */
export async function setUpDone({ shell, signal }: Pick<Context, 'shell' | 'signal'>): Promise<void> {
  if (shell.FANFLEET_SET_UP_PIPE === undefined) return;
  const pipe = new Socket({ fd: shell.FANFLEET_SET_UP_PIPE, readable: true, writable: false });
  pipe.resume();
  try {
    await once(pipe, 'close', { signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    pipe.destroy();
  }
}
