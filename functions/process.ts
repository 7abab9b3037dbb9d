import { LAMBDA_LIMITS } from '../src/aws/limits.ts';
import { GETS_AT_ONCE } from '../src/dataset/reads.ts';

/** Wall clock in epoch milliseconds, and a monotonic one for durations. */
export const processClock = { epoch: () => Date.now(), now: () => performance.now() };

/** CPU time and peak memory of this process so far. */
export function processUsage(): { cpuMs: number; rssPeakBytes: number } {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { cpuMs: (userCPUTime + systemCPUTime) / 1000, rssPeakBytes: maxRSS * 1024 };
}

/**
 * What is fetched ahead, for each core: 25 images of 2048 x 1024, or 150 of 500 x 375, which are 150 ms of decoding.
 * More would only be memory.
 */
const AHEAD_BYTES_PER_CORE = 12 * 1024 * 1024;

/**
 * How much a worker does at once, by its memory, which is what Lambda gives cores by; two decodes per core keep it busy.
 */
export function workerLimits(memoryMb: number) {
  const bytes = memoryMb * 1024 * 1024;
  const cores = Math.max(1, Math.round(memoryMb / LAMBDA_LIMITS.memoryPerVcpuMb));
  return {
    fetches: GETS_AT_ONCE,
    decodes: 2 * cores,
    encodedBytes: Math.min(bytes / 8, AHEAD_BYTES_PER_CORE * cores),
    decodedBytes: bytes / 4,
  };
}
