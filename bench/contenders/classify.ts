/**
 * A model asked what images are, with so many at once: `native 8` and `portable 8` are the whole work of fanfleet's runner, from the
 * files to rows; `bare 8` is onnxruntime-node alone, on tensors that are ready.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { KERNEL_CHOICES } from '../../src/contract/kernel-choice.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import type { Tensor } from '../../src/kernel/kernel.ts';
import { DecodeQueue } from '../../src/worker/decode-queue.ts';
import { readClassifier, tensorSizeOf } from '../../src/workloads/classify/classifier-file.ts';
import { classifyRunner } from '../../src/workloads/classify/runner.ts';
import { jobPaths } from '../job.ts';
import { type Pass, serve } from './serve.ts';

/** Of a worker with one core and 1,769 MB. */
const LIMITS = { decodes: 2, imageBytes: 2 ** 30, workingBytes: 2 ** 29 };

type Given = {
  readonly files: readonly Buffer[];
  readonly model: Buffer;
  readonly description: Buffer;
  readonly kind: string;
  readonly atOnce: number;
};

await serve<'classify'>(async ({ folder }, variant) => {
  const paths = jobPaths({ folder: join(folder, 'images') });
  const files = await Promise.all(paths.map((path) => readFile(path)));
  const model = await readFile(join(folder, 'model.onnx'));
  const description = await readFile(join(folder, 'classifier.json'));
  const [kind = '', atOnce] = variant.split(' ');
  const given = { files, model, description, kind, atOnce: Number(atOnce) };
  return kind === 'bare' ? bare(given) : whole(given);
});

async function whole({ files, model, description, kind, atOnce }: Given): Promise<Pass> {
  const { decodes, imageBytes, workingBytes } = LIMITS;
  const kernel = await chooseKernel(KERNEL_CHOICES.find((name) => name === kind));
  const inputs = new Map([
    ['model', model],
    ['classifier', description],
  ]);
  return async () => {
    const begun = classifyRunner({ top: 5, modelBatch: atOnce }).begin(kernel, imageBytes, inputs, decodes);
    const { prepare, run, isGrouped: grouped, groupImages, workingBytes: bytesOf } = await begun;
    const queue = new DecodeQueue({
      decode: run,
      ...{ grouped, decodes, workingBytes },
      ...(groupImages !== undefined && { groupImages }),
    });
    return Promise.all(
      files.map((data, at) => {
        const prepared = prepare(data, String(at));
        const image = { prepared, inputBytes: data.length, workingBytes: bytesOf(prepared) };
        return queue.add(image, ({ row }) => print('logits' in row ? row.logits : JSON.stringify(row)));
      }),
    );
  };
}

async function bare({ files, model, description, atOnce }: Given): Promise<Pass> {
  const { recipe, bgr, input, output } = readClassifier(description);
  const { width, height } = tensorSizeOf(recipe);
  const pixels = width * height;
  const length = 3 * pixels;
  const shape = recipe.layout === 'nchw' ? [3, height, width] : [height, width, 3];
  const kernel = await chooseKernel('native');
  const batches: ort.Tensor[] = [];
  for (let at = 0; at < files.length; at += atOnce) {
    const prepared = files.slice(at, at + atOnce).map((data) => kernel.prepare(data, 'image'));
    const into = new Float32Array(prepared.length * length);
    const made = (await kernel.tensors?.(prepared, recipe, into)) ?? [];
    if (bgr) for (const { tensor } of made) if (tensor) swap(tensor, pixels);
    batches.push(new ort.Tensor('float32', into, [prepared.length, ...shape]));
  }
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return async () => {
    const prints: Uint32Array[] = [];
    for (const batch of batches) {
      const values = (await session.run({ [input]: batch }, [output]))[output]?.data;
      if (!(values instanceof Float32Array)) throw new TypeError('Expected float32 of the model.');
      const classes = values.length / (batch.dims[0] ?? 1);
      for (let at = 0; at < values.length; at += classes) {
        const digest = createHash('sha256').update(values.subarray(at, at + classes));
        prints.push(print(digest.digest('hex')));
      }
    }
    return prints;
  };
}

/** Put R in the place of B, and B in that of R. */
function swap({ data, shape }: Tensor, pixels: number): void {
  const [step, last] = shape[0] === 3 ? [1, 2 * pixels] : [3, 2];
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const [first, other] = [pixel * step, pixel * step + last];
    [data[first], data[other]] = [data[other] ?? 0, data[first] ?? 0];
  }
}

/** By the first 16 digits of a hash. */
function print(hash: string): Uint32Array {
  return Uint32Array.of(parseInt(hash.slice(0, 8), 16), parseInt(hash.slice(8, 16), 16));
}
