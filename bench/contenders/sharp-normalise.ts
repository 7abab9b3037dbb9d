/** sharp's own `normalise`, as its documentation has it: it stretches the luminance between percentiles. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts';
import { jobPaths } from '../job.ts';
import { serve } from './serve.ts';

const OVERLAP_PER_CORE = 3;

await serve(async (job) => {
  sharp.concurrency(1);
  sharp.cache(false);
  const inputs = jobPaths(job).map((path) => readFileSync(path));
  return async () => {
    const files: Buffer[] = new Array(inputs.length);
    await forEachConcurrent(inputs, OVERLAP_PER_CORE * job.threads, async (input, at) => {
      const image = sharp(input).normalise();
      files[at] = await (job.task === 'png'
        ? image.png({ compressionLevel: 1 })
        : image.jpeg({ quality: 90 })
      ).toBuffer();
    });
    return files;
  };
});
