import * as z from 'zod';
import { type InputFile, inputFileSchema } from './inputs.ts';

/** One map over the manifest, of a workload that has several. */
export interface Stage {
  /** From 0. */
  readonly number: number;
  /** What it is to know: the input `start` of the run, or the outcome of the stage before. */
  readonly state: InputFile;
}

export const stageSchema = z.object({
  number: z.int().nonnegative(),
  state: inputFileSchema,
}) satisfies z.ZodType<Stage>;

/** The input with the state of the first stage. */
export const START = 'start';

/** `reduced.json` of a stage, which is over once it is there: what its batches left was added up. */
export const reducedSchema = z.object({
  stage: z.int().nonnegative(),
  /** The same to the byte from every program: the state of the next stage, if there is one. */
  outcome: inputFileSchema,
  isLast: z.boolean(),
  batches: z.int().nonnegative(),
  /** Of the reduce: epoch milliseconds, and CPU time. */
  startedAt: z.number().nonnegative(),
  endedAt: z.number().nonnegative(),
  cpuMs: z.number().nonnegative(),
});
export type Reduced = z.infer<typeof reducedSchema>;
