import * as z from 'zod';
import { readManifest } from '../src/aggregate/manifest-stream.ts';
import { getIfPresent } from '../src/aws/bucket-reader.ts';
import { ObjectReader } from '../src/aws/object-reader.ts';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { s3Access } from '../src/aws/s3-access.ts';
import { layout } from '../src/contract/layout.ts';
import { kernelChooser } from '../src/kernel/choose-kernel.ts';
import { addonPath } from '../src/kernel/native-addon.ts';
import { parse } from '../src/parse.ts';
import { TRAINING_ITEMS } from '../src/plan/training.ts';
import { expectRoom } from '../src/prepare/expect-room.ts';
import { prepareInputs } from '../src/prepare/preparers.ts';
import { imageMemoryOfFunction } from '../src/run/image-memory.ts';
import { type Run, runSchema } from '../src/run/run.ts';
import { processClock, workerLimits } from './process.ts';
import { endpoint, environment, handler, logger, region } from './runtime.ts';

const eventSchema = z.object({ run: runSchema });
const s3 = createS3({ region, endpoint });
const reader = new ObjectReader(s3Access(s3));
const memoryMb = environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE;
const kernelFor = kernelChooser(addonPath(environment.LAMBDA_TASK_ROOT));

/** Make the files that every worker of a run needs, unless they are there already: taken over, or made by an earlier try. */
export const main = handler('prepare', async (event: unknown) => {
  const { run } = parse(eventSchema, event, 'The event of prepare');
  const store = new ObjectStore(s3, run.runsBucket);
  if ((await getIfPresent(store, layout.inputs(run.runId))) !== null) {
    logger.info('inputs are there', { runId: run.runId });
    return { images: null };
  }
  const prepared = await prepare(run, store);
  logger.info('inputs prepared', { runId: run.runId, ...prepared });
  return prepared;
});

async function prepare(run: Run, store: ObjectStore) {
  const { workload, runId, bucket, requesterPays } = run;
  const images = requesterPays ? createS3({ region, endpoint, requesterPays }) : s3;
  const listed = (key: string) => () => readManifest(store.stream(key));
  return prepareInputs(workload, {
    ...workerLimits(memoryMb),
    ...{ runId, bucket, requesterPays, reader, store },
    prefix: run.prefix,
    files: new ObjectStore(images, bucket),
    filesOf: (name) => new ObjectStore(name === bucket ? images : s3, name),
    kernel: await kernelFor(run.kernel),
    // Its own memory may be less than that of the functions which ask.
    imageBytes: Math.min(run.imageMemory, imageMemoryOfFunction(memoryMb)) * 1024 * 1024,
    manifest: listed(layout.manifest(runId)),
    training: listed(layout.inputFile(runId, TRAINING_ITEMS)),
    expectRoom: (held) => expectRoom(held, run),
    now: processClock.now,
    onFailure: (key, detail) => logger.warn('image failed', { runId, key, detail }),
  });
}
