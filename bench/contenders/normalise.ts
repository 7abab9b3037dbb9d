/** Normalised copies by fanfleet's TypeScript kernels: `native` or `portable`, each image from its own range. */
import { readFileSync } from 'node:fs';
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts';
import { KERNEL_CHOICES } from '../../src/contract/kernel-choice.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import { jobPaths } from '../job.ts';
import { normalisationOf } from '../normalisation.ts';
import { serve } from './serve.ts';

/** As `measure` has for a core. */
const OVERLAP_PER_CORE = 2;

await serve(async (job, variant) => {
  const kernel = await chooseKernel(KERNEL_CHOICES.find((name) => name === variant));
  const normalisation = normalisationOf(job.task);
  const inputs = jobPaths(job).map((path) => ({ path, data: readFileSync(path) }));
  return async () => {
    const files: Buffer[] = new Array(inputs.length);
    await forEachConcurrent(inputs, OVERLAP_PER_CORE * job.threads, async ({ path, data }, at) => {
      const { file, row } = await kernel.prepare(data, path).normalise(normalisation);
      if (file === undefined) throw new TypeError(`Expected a file but got ${JSON.stringify(row)}.`);
      files[at] = file;
    });
    return files;
  };
});
