import { beginModel, expectInput } from '../model-runner.ts';
import type { Runner } from '../workload.ts';
import { embeddedRow } from './embedded-row.ts';
import { readEmbedder } from './embedder-file.ts';
import type { EmbedWork } from './params.ts';
import { VECTORS_FOLDER, writeVectors } from './vectors-file.ts';

/** Asks a model for an embedding of each image. */
export function embedRunner({ modelBatch }: EmbedWork): Runner {
  return {
    inputs: ['model', 'embedder'],
    begin: async (kernel, imageBytes, inputs, atOnce) => {
      const embedder = readEmbedder(expectInput(inputs, 'embedder'));
      const vectors = new Map<string, Float32Array>();
      const images = await beginModel(embedder, {
        ...{ kernel, imageBytes, atOnce, modelBatch, values: embedder.length },
        file: expectInput(inputs, 'model'),
        rowOf: (image, values) => {
          vectors.set(image.key, values);
          return embeddedRow(image, values);
        },
      });
      return {
        ...images,
        batchFiles: (_batch, _images, keys) => {
          const inOrder = keys.map((key) => vectors.get(key) ?? new Float32Array(embedder.length));
          return [{ folder: VECTORS_FOLDER, text: writeVectors(inOrder, embedder.length) }];
        },
      };
    },
  };
}
