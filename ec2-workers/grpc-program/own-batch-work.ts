import { ObjectReader } from '../../src/aws/object-reader.ts';
import { S3Requests } from '../../src/aws/s3-requests.ts';
import type { KernelChoice } from '../../src/contract/kernel-choice.ts';
import { type BatchWork, type BatchWorkOptions, createBatchWork } from '../../src/grpc/worker/batch-work.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { ServerClock } from '../../src/timing/server-clock.ts';
import { ownProcessor } from '../../src/worker/own-processor.ts';
import { access, memory, now, say } from './program.ts';

/** How this process does batches: with its own clocks, usage and way to S3. */
export function ownBatchWork(
  kernels: (wanted: KernelChoice) => Promise<Kernel>,
  name: string,
  limits: BatchWorkOptions['limits'],
  bringOnnxruntime?: () => Promise<void>,
): BatchWork {
  const serverClock = new ServerClock();
  // From here on it could work: a worker that waits for batches is not starting any more.
  const start = { readyAt: Date.now(), tookMs: now() };
  return createBatchWork({
    reader: new ObjectReader(access, { serverClock }),
    requests: new S3Requests(access, { serverClock }),
    serverClock,
    kernelFor: kernels,
    ...(bringOnnxruntime && { bringOnnxruntime }),
    limits,
    memoryBytes: memory(),
    worker: `${name}/${process.pid}`,
    processor: ownProcessor(),
    clock: { epoch: Date.now, now },
    usage: () => {
      const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
      return { cpuMs: (userCPUTime + systemCPUTime) / 1000, rssPeakBytes: maxRSS * 1024 };
    },
    start,
    onFailure: (key, detail) => say(`${JSON.stringify(key)}: ${detail}`),
  });
}
