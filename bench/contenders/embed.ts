/**
 * Embeddings of images by `fanfleet embed`: from files to a Parquet file. The variant is the kernel, `native` or `portable`, and the number of
 * images that the model is given at once.
 */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { localEmbeddings } from '../../cli/local-embeddings.ts';
import { localInput } from '../../cli/local-rows.ts';
import { KERNEL_CHOICES } from '../../src/contract/kernel-choice.ts';
import { embeddingsFile } from '../../src/embeddings/write-embeddings.ts';
import { loadEmbedder } from '../../src/models/load-embedder.ts';
import { localFiles } from '../../src/models/local-files.ts';
import { aboutOf, embedderOf } from '../../src/workloads/embed/about.ts';
import { EMBEDDED_LAYER } from '../embedded-model.ts';
import { serve } from './serve.ts';

await serve<'embed'>(async ({ folder }, variant) => {
  const [kind, modelBatch] = variant.split(' ');
  const kernel = KERNEL_CHOICES.find((name) => name === kind) ?? 'auto';
  const embedder = await loadEmbedder(localFiles, {
    model: join(folder, 'model.onnx'),
    layer: EMBEDDED_LAYER,
  });
  const format = { type: 'float32', length: embedder.length } as const;
  const input = localInput({ signal: new AbortController().signal }, [join(folder, 'images')]);
  return async () => {
    const found: number[][] = [];
    const embeddings = async function* () {
      const options = { kernel, modelBatch: Number(modelBatch) };
      for await (const { row, embedding } of localEmbeddings(embedder, input, input.find(), options)) {
        if (embedding === undefined)
          throw new TypeError(`Expected an embedding but got ${JSON.stringify(row)}.`);
        found.push([...embedding.values]);
        yield embedding;
      }
    };
    const file = embeddingsFile(embeddings(), format, aboutOf(embedderOf(embedder)));
    await pipeline(Readable.from(file), createWriteStream(join(folder, `node-${kind}.parquet`)));
    return found;
  };
});
