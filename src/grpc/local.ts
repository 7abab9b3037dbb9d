import type { Tasks } from './task.ts';
import type { BatchWork } from './worker/batch-work.ts';

/**
 * Do tasks one after the other in this process: the centralised run that a fleet is compared with. With limits of one
 * fetch and one decode, and a kernel without its way to do many images at once, it uses one thread.
 */
export async function runLocally(
  { job, places }: Tasks,
  work: BatchWork,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  for (const [index, place] of places.entries()) {
    await work(job, place, 0);
    onProgress(index + 1, places.length);
  }
}
