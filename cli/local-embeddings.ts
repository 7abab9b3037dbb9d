import { availableParallelism } from 'node:os';
import type { KernelChoice } from '../src/contract/kernel-choice.ts';
import type { FoundFile } from '../src/dataset/files/walk-folder.ts';
import type { Embedding } from '../src/embeddings/write-embeddings.ts';
import { eachLocalImage } from '../src/local/each-image.ts';
import type { LoadedEmbedder } from '../src/models/load-embedder.ts';
import { embeddedRow } from '../src/workloads/embed/embedded-row.ts';
import { beginModel } from '../src/workloads/model-runner.ts';
import { localKernel } from './local-kernel.ts';
import type { LocalInput, LocalOutcome } from './local-rows.ts';

/** What became of an image, and its embedding unless it failed. */
export interface EmbeddedImage extends LocalOutcome {
  readonly embedding?: Embedding;
}

/** The embeddings of images of this machine, in their order: a session for each core, batches filled across images. */
export async function* localEmbeddings(
  embedder: LoadedEmbedder,
  input: Pick<LocalInput, 'passedOver' | 'overlap'>,
  found: AsyncIterable<readonly FoundFile[]>,
  options: { readonly kernel: KernelChoice; readonly modelBatch: number },
): AsyncGenerator<EmbeddedImage> {
  const { tensor: recipe, channels, length, file } = embedder;
  const kernel = await localKernel(options.kernel);
  const vectors = new Map<string, Float32Array>();
  const runner = await beginModel(
    { ...embedder, recipe, bgr: channels === 'bgr' },
    {
      ...{ file, values: length, modelBatch: options.modelBatch, kernel },
      imageBytes: process.availableMemory(),
      atOnce: 2 * availableParallelism(),
      rowOf: (image, values) => {
        vectors.set(image.key, values);
        return embeddedRow(image, values);
      },
    },
  );
  const images = eachLocalImage(found, {
    ...input,
    kernel: { ...kernel, prepare: (bytes, key) => runner.prepare(bytes, key) },
    overlap: Math.max(input.overlap, 2 * options.modelBatch),
    bytes: (prepared) => runner.workingBytes(prepared),
    work: async (prepared): Promise<LocalOutcome> => {
      const [done] = await runner.run([prepared]);
      if (done === undefined) throw new TypeError('Expected a row for each image.');
      return done;
    },
  });
  for await (const done of images) {
    const { key } = done.row;
    const values = vectors.get(key);
    vectors.delete(key);
    const hasFailed = 'error' in done.row || values === undefined;
    yield hasFailed ? done : { ...done, embedding: { key, values } };
  }
}
