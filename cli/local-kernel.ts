import type { KernelChoice } from '../src/contract/kernel-choice.ts';
import type { NormalisedFormat } from '../src/contract/normalisation.ts';
import { chooseKernel } from '../src/kernel/choose-kernel.ts';
import { withinMemory } from '../src/kernel/image-memory.ts';
import type { Kernel } from '../src/kernel/kernel.ts';

/** Of the memory that is free when a command begins; the rest is for the command itself. */
const SHARE = 7 / 8;

/**
 * The kernel for images of this machine: one that takes more memory than is free is a row with its error, and does not
 * end the command.
 *
 * @param format of the normalised copies, if they are made
 * @throws FanfleetError as `chooseKernel`
 */
export async function localKernel(name: KernelChoice, format?: NormalisedFormat): Promise<Kernel> {
  return withinMemory(await chooseKernel(name), process.availableMemory() * SHARE, format);
}
