import { beginModel, expectInput } from '../model-runner.ts';
import type { Runner } from '../workload.ts';
import { embeddedRow } from './embedded-row.ts';
import { readEmbedder } from './embedder-file.ts';
import { EMBEDDINGS, type EmbedWork } from './params.ts';
import { writeVectors } from './vectors-file.ts';

/** Asks a model for an embedding of each image; those of a batch are held until it is done. */
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
      const vectorOf = (key: string) => {
        const vector = vectors.get(key);
        if (vector === undefined) throw new TypeError(`Expected an embedding of ${key}.`);
        return vector;
      };
      return {
        ...images,
        batchFiles: (_batch, _images, keys) => [
          { folder: EMBEDDINGS, body: writeVectors(keys.map(vectorOf)) },
        ],
      };
    },
  };
}
