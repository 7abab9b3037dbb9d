import { ObjectReader } from '../src/aws/object-reader.ts';
import { ObjectWriter } from '../src/aws/object-writer.ts';
import { S3Requests } from '../src/aws/s3-requests.ts';
import { kernelChooser } from '../src/kernel/choose-kernel.ts';
import { addonPath } from '../src/kernel/native-addon.ts';
import { metricsLine } from '../src/metrics-line.ts';
import { ServerClock } from '../src/timing/server-clock.ts';
import { readEvent } from '../src/worker/event.ts';
import { InputFiles } from '../src/worker/inputs.ts';
import { ownProcessor } from '../src/worker/own-processor.ts';
import { StageMemory } from '../src/worker/stage-memory.ts';
import { countsOfTakenOver } from '../src/worker/taken-over.ts';
import { type WorkerOptions, work } from '../src/worker/worker.ts';
import { processClock, processUsage, workerLimits } from './process.ts';
import { environment, handler, logger, s3Access, writeLog } from './runtime.ts';

const serverClock = new ServerClock();
const reader = new ObjectReader(s3Access, { serverClock });
const requests = new S3Requests(s3Access, { serverClock });
const inputs = new InputFiles(requests);
const stages = new StageMemory(requests, environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE * 1024 * 1024);
const kernelFor = kernelChooser(addonPath(environment.LAMBDA_TASK_ROOT));
const limits = workerLimits(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
let coldStartMs = performance.now();

/**
 * The handler of a function that measures one batch.
 *
 * @param runnerOf of the workloads that it can do
 */
export function measureHandler(runnerOf: NonNullable<WorkerOptions['runnerOf']>) {
  return handler('measure', async (event: unknown) => {
    const startedAt = Date.now();
    const { work: job, queuedAt, resume } = readEvent(event);
    const takenOver = resume === null ? null : await countsOfTakenOver(job, requests);
    if (takenOver !== null) {
      logger.info('batch taken over', { runId: job.runId, round: job.round, resume, ...takenOver });
      return takenOver;
    }
    const { counts, span } = await work(job, {
      ...limits,
      runnerOf,
      reader,
      inputs,
      stages,
      kernel: await kernelFor(job.kernel),
      store: new ObjectWriter(requests, job.runsBucket),
      worker: environment.AWS_LAMBDA_LOG_STREAM_NAME,
      processor: ownProcessor(),
      queuedAt: Date.parse(queuedAt),
      startedAt,
      coldStartMs: Math.round(coldStartMs),
      clock: processClock,
      usage: processUsage,
      serverClock,
      onFailure: (key, detail) => logger.warn('image failed', { runId: job.runId, key, detail }),
    });
    coldStartMs = 0;
    if (span.modelBatch !== undefined)
      logger.warn('no memory for all images at once', { runId: job.runId, modelBatch: span.modelBatch });
    logger.info('batch measured', {
      runId: job.runId,
      round: job.round,
      ...counts,
      ms: span.endedAt - startedAt,
    });
    writeLog(
      metricsLine(
        {
          namespace: 'fanfleet',
          dimensions: { service: 'measure', stage: environment.FANFLEET_STAGE },
          values: {
            items: { value: counts.items, unit: 'Count' },
            failedItems: { value: counts.errors, unit: 'Count' },
            batchDuration: { value: span.endedAt - startedAt, unit: 'Milliseconds' },
          },
        },
        span.endedAt,
      ),
    );
    return counts;
  });
}
