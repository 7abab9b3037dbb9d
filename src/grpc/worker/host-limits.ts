import { GETS_AT_ONCE } from '../../dataset/reads.ts';

/** What is fetched ahead for each batch in work, where memory allows: as `workerLimits` of functions/process.ts. */
const AHEAD_BYTES = 12 * 1024 * 1024;

/**
 * How much each of the batches that run at once on a host may take: one for each CPU, and together half of the memory.
 *
 * @param cpus at least 1
 */
export function hostLimits(memoryBytes: number, cpus: number) {
  const bytes = memoryBytes / cpus;
  return {
    fetches: GETS_AT_ONCE,
    decodes: 2,
    encodedBytes: Math.min(bytes / 8, AHEAD_BYTES),
    decodedBytes: bytes / 4,
  };
}
