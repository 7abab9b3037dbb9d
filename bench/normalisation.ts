import type { Normalisation } from '../src/contract/normalisation.ts';
import { createSharpKernel } from '../src/kernel/sharp-kernel.ts';
import type { Task } from './job.ts';

/** As `cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX)` stretches, and with OpenCV's chroma for JPEG. */
export function normalisationOf(task: Task): Normalisation {
  return { format: task === 'png' ? 'png' : 'jpeg', channels: 'all', quality: 90 };
}

/** The copy that every contender has to write, but for the bytes of its encoder: by the sharp kernel. */
export async function exactCopy(file: Buffer, task: Task): Promise<Buffer> {
  const { file: copy, row } = await createSharpKernel().prepare(file, '').normalise(normalisationOf(task));
  if (copy === undefined) throw new TypeError(`Expected a normalised copy but got ${JSON.stringify(row)}.`);
  return copy;
}
