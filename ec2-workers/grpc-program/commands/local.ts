import { text } from 'node:stream/consumers';
import type { KernelChoice } from '../../../src/contract/kernel-choice.ts';
import { readTasks, type Tasks } from '../../../src/grpc/task.ts';
import type { BatchWork } from '../../../src/grpc/worker/batch-work.ts';
import { hostLimits } from '../../../src/grpc/worker/host-limits.ts';
import { kernelChooser } from '../../../src/kernel/choose-kernel.ts';
import { addonPath } from '../../../src/kernel/native-addon.ts';
import { ownBatchWork } from '../own-batch-work.ts';
import { memory, progress, ROOT } from '../program.ts';

export async function local(): Promise<void> {
  const kernelFor = kernelChooser(addonPath(ROOT));
  // Without its way to do many images at once, which uses more than one thread.
  const oneByOne = async (wanted: KernelChoice) => {
    const { name, prepare } = await kernelFor(wanted);
    return { name, prepare };
  };
  const limits = { ...hostLimits(memory(), 1), fetches: 1, decodes: 1 };
  await runLocally(readTasks(await text(process.stdin)), ownBatchWork(oneByOne, 'local', limits), progress());
}

/**
 * Do tasks one after the other in this process: the centralised run that a fleet is compared with. With limits of one
 * fetch and one decode, and a kernel without its way to do many images at once, it uses one thread.
 */
async function runLocally(
  { job, places }: Tasks,
  work: BatchWork,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  for (const [index, place] of places.entries()) {
    await work(job, place, 0);
    onProgress(index + 1, places.length);
  }
}
