import { createInterface } from 'node:readline';
import { doneBatches } from '../../../src/grpc/done-batches.ts';
import { splitUri } from '../../../src/grpc/head-location.ts';
import { submit } from '../../../src/grpc/submit.ts';
import { readJobs } from '../../../src/grpc/task.ts';
import { endpoint, locate, now, PATIENCE_MS, progress, region, secret } from '../program.ts';

/** An input that ends in the middle of a job says that whoever waited for it has gone. */
export async function run(): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  const gone = new AbortController();
  lines.once('close', () => gone.abort());
  for await (const tasks of readJobs(lines)) {
    const { bucket, key } = splitUri(tasks.job.out);
    await submit({
      tasks,
      locate,
      secret: secret(),
      listDone: async () => {
        const { sdkStore } = await import('../../../src/grpc/sdk-store.ts');
        return doneBatches(sdkStore(bucket, { region, endpoint }), key, JSON.parse(tasks.job.workload));
      },
      now,
      patienceMs: PATIENCE_MS,
      // Standard output is for answers.
      onProgress: progress((line) => void process.stderr.write(`[fanfleet] ${line}\n`)),
      signal: gone.signal,
    });
    process.stdout.write('done\n');
  }
}
