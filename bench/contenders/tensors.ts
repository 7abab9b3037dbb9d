/** Tensors by fanfleet's TypeScript kernels, `native` or `portable`; or by `sharp` and a table. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { KERNEL_CHOICES } from '../../src/contract/kernel-choice.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import { fixedSize, planTensor } from '../../src/kernel/tensor-plan.ts';
import { jobPaths } from '../job.ts';
import { BATCH, RECIPE } from '../tensor-recipe.ts';
import { serve } from './serve.ts';

type MakeAll = (batch: readonly Buffer[]) => Promise<readonly Float32Array[]>;

await serve<'tensors'>(async (job, variant) => {
  const make = variant === 'sharp' ? bySharp() : await byKernel(variant);
  const files = jobPaths(job).map((path) => readFileSync(path));
  // The first pass, which is not measured, tells the tensors apart by their hashes.
  let prints: Uint32Array[] | undefined;
  return async () => {
    const found: Uint32Array[] = [];
    for (let at = 0; at < files.length; at += BATCH) {
      const tensors = await make(files.slice(at, at + BATCH));
      if (prints === undefined) found.push(...tensors.map(fingerprint));
    }
    prints ??= found;
    return prints;
  };
});

async function byKernel(variant: string): Promise<MakeAll> {
  const kernel = await chooseKernel(KERNEL_CHOICES.find((name) => name === variant));
  const { width, height } = fixedSize(RECIPE) ?? { width: 0, height: 0 };
  const into = new Float32Array(BATCH * 3 * width * height);
  return async (batch) => {
    const prepared = batch.map((data) => kernel.prepare(data, 'image'));
    const made = (await kernel.tensors?.(prepared, RECIPE, into)) ?? [];
    return made.map(({ tensor, failed }) => {
      if (!(tensor?.data instanceof Float32Array))
        throw new TypeError(`Expected a tensor but got ${JSON.stringify(failed)}.`);
      return tensor.data;
    });
  };
}

/** It shrinks while it decodes, and resamples otherwise. */
function bySharp(): MakeAll {
  sharp.concurrency(1);
  sharp.cache(false);
  const { mean = [0, 0, 0], std = [1, 1, 1] } = RECIPE;
  const tables = mean.map((middle, channel) =>
    Float32Array.from({ length: 256 }, (_, value) => (value / 255 - middle) / (std[channel] ?? 1)),
  );
  return (batch) =>
    Promise.all(
      batch.map(async (data) => {
        const { width, height } = await sharp(data).metadata();
        const { resized, left, top, crop } = planTensor(RECIPE, { width, height });
        const pixels = await sharp(data)
          .resize({ ...resized, fit: 'fill', kernel: 'linear' })
          .extract({ left, top, ...crop })
          .raw()
          .toBuffer();
        return planes(pixels, tables);
      }),
    );
}

function planes(pixels: Buffer, tables: readonly Float32Array[]): Float32Array {
  const count = pixels.length / 3;
  const tensor = new Float32Array(pixels.length);
  for (const [channel, table] of tables.entries()) {
    const plane = tensor.subarray(channel * count, (channel + 1) * count);
    for (let at = 0; at < count; at += 1) plane[at] = table[pixels[3 * at + channel] ?? 0] ?? 0;
  }
  return tensor;
}

function fingerprint(tensor: Float32Array): Uint32Array {
  return Uint32Array.from(createHash('sha256').update(tensor).digest());
}
