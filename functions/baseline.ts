import * as z from 'zod';
import { readManifest } from '../src/aggregate/manifest-stream.ts';
import { ObjectReader } from '../src/aws/object-reader.ts';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { s3Access } from '../src/aws/s3-access.ts';
import { S3Requests } from '../src/aws/s3-requests.ts';
import { layout } from '../src/contract/layout.ts';
import { kernelChooser } from '../src/kernel/choose-kernel.ts';
import { addonPath } from '../src/kernel/native-addon.ts';
import { parse } from '../src/parse.ts';
import { imageMemoryOfFunction } from '../src/run/image-memory.ts';
import { runSchema } from '../src/run/run.ts';
import { runBaseline } from '../src/worker/baseline.ts';
import { InputFiles } from '../src/worker/inputs.ts';
import { mapRunnerOf } from '../src/workloads/model-runners.ts';
import { processClock, processUsage, workerLimits } from './process.ts';
import { endpoint, environment, handler, logger, region } from './runtime.ts';

const eventSchema = z.object({ run: runSchema });
const s3 = createS3({ region, endpoint });
const access = s3Access(s3);
const reader = new ObjectReader(access);
const inputs = new InputFiles(new S3Requests(access));
const memoryMb = environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE;
const { encodedBytes, decodedBytes } = workerLimits(memoryMb);
/** Long enough for a steady rate, and short beside the run that it is compared with. */
const BUDGET_MS = 60_000;
const kernelFor = kernelChooser(addonPath(environment.LAMBDA_TASK_ROOT));

/** Run the same kernel on one thread, over all images or as many as a minute lasts. */
export const main = handler('baseline', async (event: unknown) => {
  const { run } = parse(eventSchema, event, 'The event of baseline');
  const store = new ObjectStore(s3, run.runsBucket);
  const runner = mapRunnerOf(run.workload);
  const baseline = await runBaseline({
    reader,
    kernel: await kernelFor(run.kernel),
    encodedBytes,
    decodedBytes,
    // Its own memory may be less than that of the functions which it is compared with.
    imageBytes: Math.min(run.imageMemory, imageMemoryOfFunction(memoryMb)) * 1024 * 1024,
    bucket: run.bucket,
    requesterPays: run.requesterPays,
    runner,
    inputs: await inputs.of(run, runner.inputs ?? []),
    batches: readManifest(store.stream(layout.manifest(run.runId))),
    budgetMs: BUDGET_MS,
    now: processClock.now,
    cpuMs: () => processUsage().cpuMs,
  });
  await store.putJson(layout.baseline(run.runId), baseline);
  logger.info('baseline measured', { runId: run.runId, ...baseline });
  return baseline;
});
