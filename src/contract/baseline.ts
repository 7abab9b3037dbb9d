import * as z from 'zod';

/** The centralised single-thread run, with the kernel of the serverless arm, over all images, or a sample of them. */
export const baselineSchema = z.object({
  /** Images that were measured, failed ones left out, and the sizes of their objects. */
  items: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  wallMs: z.number().nonnegative(),
  cpuMs: z.number().nonnegative(),
  kernel: z.string(),
  /** False where only a sample of the manifest was run. */
  complete: z.boolean(),
});
export type Baseline = z.infer<typeof baselineSchema>;
