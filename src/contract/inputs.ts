import * as z from 'zod';
import { noteSchema } from './plan.ts';

/** A file that was made for all workers of a run. */
export const inputFileSchema = z.object({
  key: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().nonnegative(),
});
export type InputFile = z.infer<typeof inputFileSchema>;

/** `inputs.json` of a run: each file by its name, and what is to be told of how they were made. */
export const inputsSchema = z.object({ notes: z.array(noteSchema) }).catchall(inputFileSchema);
export type InputsOfRun = z.infer<typeof inputsSchema>;
