import * as z from 'zod';

/**
 * What a run does with its images: the name of a workload, and its settings. These are checked at the edge and read by the
 * workload itself; whatever lies between carries them on as they are.
 */
export interface Workload {
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Any of them: what has not to do with its settings checks no more than this. */
export const opaqueWorkloadSchema = z.object({ name: z.string(), params: z.record(z.string(), z.unknown()) });
