import * as z from 'zod';

/** One call of a head for more workers. */
export const workerStartSchema = z.object({
  /** The first is 1: what makes the call, made again, the same call. */
  call: z.int().positive(),
  /** Epoch milliseconds. */
  at: z.number(),
  /** How many were asked for. */
  workers: z.int().positive(),
  /** Ids of those that EC2 started; null while its answer is not known. */
  instances: z.array(z.string()).nullable(),
  /** What EC2 said where it gave less than asked for. */
  refusals: z.array(z.string()),
});
export type WorkerStart = z.infer<typeof workerStartSchema>;

/** `starts.json`, which a head that starts workers writes before and after each call. */
export const workerStartsSchema = z.object({ starts: z.array(workerStartSchema) });
