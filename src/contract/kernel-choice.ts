/**
 * Which kernel a run asks for: `native` or `portable`, or `auto`, the native one where it is there. In a run it is one for
 * all of its arms (src/run/kernel.ts).
 */
export const KERNEL_CHOICES = ['auto', 'native', 'portable'] as const;
export type KernelChoice = (typeof KERNEL_CHOICES)[number];
