import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { z } from 'zod';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { configureSharp, createSharpKernel } from '../src/kernel/sharp-kernel.ts';
import { parse } from '../src/parse.ts';
import { work, workSchema } from '../src/workload/worker.ts';
import { processClock, processUsage, workerLimits } from './process.ts';
import { endpoint, environment, handler, logger, region } from './runtime.ts';

const eventSchema = z.object({ work: workSchema, queuedAt: z.iso.datetime() });
const s3 = createS3({ region, endpoint });
configureSharp({ threads: 1 });
const kernel = createSharpKernel();
const limits = workerLimits(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
const metrics = new Metrics({ namespace: 'fanfleet', serviceName: 'measure' });
metrics.setDefaultDimensions({ stage: environment.FANFLEET_STAGE });
let coldStartMs = performance.now();

/** Measure one batch. */
export const main = handler('measure', async (event: unknown) => {
  const startedAt = Date.now();
  const { work: job, queuedAt } = parse(eventSchema, event, 'The event of measure');
  const { counts, span } = await work(job, {
    ...limits,
    s3,
    kernel,
    store: new ObjectStore(s3, job.runsBucket),
    worker: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    queuedAt: Date.parse(queuedAt),
    startedAt,
    coldStartMs: Math.round(coldStartMs),
    clock: processClock,
    usage: processUsage,
    onFailure: (key, detail) => logger.warn('image failed', { runId: job.runId, key, detail }),
  });
  coldStartMs = 0;
  logger.info('batch measured', {
    runId: job.runId,
    round: job.round,
    ...counts,
    ms: span.endedAt - startedAt,
  });
  metrics.addMetric('images', MetricUnit.Count, counts.images);
  metrics.addMetric('failedImages', MetricUnit.Count, counts.errors);
  metrics.addMetric('batchDuration', MetricUnit.Milliseconds, span.endedAt - startedAt);
  metrics.publishStoredMetrics();
  return counts;
});
