/** Wall clock in epoch milliseconds, and a monotonic one for durations. */
export const processClock = { epoch: () => Date.now(), now: () => performance.now() };

/** CPU time and peak memory of this process so far. */
export function processUsage(): { cpuMs: number; rssPeakBytes: number } {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { cpuMs: (userCPUTime + systemCPUTime) / 1000, rssPeakBytes: maxRSS * 1024 };
}

/**
 * How much a worker does at once, by its memory. Lambda gives one core for each 1,769 MB
 * (AWS Lambda Developer Guide, "Configure Lambda function memory"); two decodes per core keep it busy.
 */
export function workerLimits(memoryMb: number) {
  const bytes = memoryMb * 1024 * 1024;
  return {
    fetches: 16,
    decodes: Math.max(2, 2 * Math.round(memoryMb / 1769)),
    encodedBytes: bytes / 8,
    decodedBytes: bytes / 4,
  };
}
