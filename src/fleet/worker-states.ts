import * as z from 'zod';

/** What an engine says of a worker: one that left said so, one that is dead did not. */
export const workerStateSchema = z.enum(['ALIVE', 'DEAD', 'LEFT']);
export type WorkerState = z.infer<typeof workerStateSchema>;

/** `workers.json`, which the head writes whenever the engine's own view of its workers changes. */
export const workerStatesSchema = z.object({
  changes: z.array(
    z.object({
      /** When the head saw it, epoch milliseconds; it looks every two seconds. */
      at: z.number(),
      address: z.string(),
      state: workerStateSchema,
    }),
  ),
});
export type WorkerStates = z.infer<typeof workerStatesSchema>;

/** A worker's states in order of time. */
export function statesOf({ changes }: WorkerStates, address: string): { at: number; state: WorkerState }[] {
  return changes
    .filter((change) => change.address === address)
    .map(({ at, state }) => ({ at, state }))
    .sort((a, b) => a.at - b.at);
}
