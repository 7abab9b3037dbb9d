import * as z from 'zod';

/** Where the report was made and the arms ran. */
export const environmentSchema = z.object({
  /** True where AWS was the local one: both arms shared this machine. */
  offline: z.boolean(),
  region: z.string(),
  node: z.string(),
  platform: z.string(),
  cpuModel: z.string(),
  cores: z.int().nonnegative(),
  memoryBytes: z.int().nonnegative(),
  /** Versions of what decodes and of what runs, e.g. `sharp`. */
  versions: z.record(z.string(), z.string()),
});
export type ReportEnvironment = z.infer<typeof environmentSchema>;
