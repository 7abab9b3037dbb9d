import { loadEmbedder } from '../models/load-embedder.ts';
import { embedderOf } from '../workloads/embed/about.ts';
import { writeEmbedder } from '../workloads/embed/embedder-file.ts';
import type { EmbedParams } from '../workloads/embed/schema.ts';
import { largestBatch } from './largest-batch.ts';
import { addressOf, modelFilesOf } from './model-files.ts';
import { heldOfModel, withVectors } from './model-room.ts';
import type { Prepared, PrepareOptions } from './options.ts';
import { putInputs } from './put-inputs.ts';
import { tryModel } from './try-model.ts';

/**
 * Check the model of a run and what is said of it, and make its files: `model.onnx`, cut at the layer, and `embedder.json`.
 *
 * @throws FanfleetError `INVALID_INPUT` where the model or its description are not there, not valid or do not fit each other, it has no such
 *   layer, ONNX Runtime does not run it, or it takes too much for the memory of the workers, with the embeddings of a batch; S3's code
 */
export async function prepareEmbed(params: EmbedParams, options: PrepareOptions): Promise<Prepared> {
  const { layer, description, modelBatch } = params;
  const where = addressOf(params.model, options);
  const loaded = await loadEmbedder(modelFilesOf(options), {
    model: where,
    description: description && addressOf(description, options),
    layer,
  });
  const { file } = loaded;
  const embedder = embedderOf(loaded);
  if (options.expectRoom !== undefined) {
    const held = heldOfModel(file.length, embedder, modelBatch);
    options.expectRoom(withVectors(held, embedder.length, await largestBatch(options.manifest())));
  }
  await tryModel(embedder, { file, values: embedder.length, modelBatch, where });
  await putInputs(
    options.store,
    options.runId,
    {
      model: { name: 'model.onnx', body: file, contentType: 'application/octet-stream' },
      embedder: {
        name: 'embedder.json',
        body: writeEmbedder(embedder),
        contentType: 'application/json',
      },
    },
    [],
  );
  return { images: 0, labels: 0, bytes: file.length };
}
