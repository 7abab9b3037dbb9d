import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { KernelChoice } from '../../src/contract/kernel-choice.ts';
import type { EmbeddingType } from '../../src/embeddings/embedding.ts';
import { type Embedding, embeddingsFile } from '../../src/embeddings/write-embeddings.ts';
import { FanfleetError } from '../../src/errors.ts';
import { loadEmbedder } from '../../src/models/load-embedder.ts';
import { localFiles } from '../../src/models/local-files.ts';
import { aboutOf, embedderOf } from '../../src/workloads/embed/about.ts';
import { MOST_MODEL_BATCH } from '../../src/workloads/embed/params.ts';
import type { Context } from '../context.ts';
import { localEmbeddings } from '../local-embeddings.ts';
import { type LocalOutcome, localInput, putRows } from '../local-rows.ts';
import { expectInteger } from '../numbers.ts';

export interface EmbedOptions {
  readonly model: string;
  readonly layer: string;
  readonly description?: string;
  readonly out: string;
  readonly type: EmbeddingType;
  readonly modelBatch: number;
  readonly kernel: KernelChoice;
}

/** Images that are waited for until they are written. */
const AHEAD = 64;

/**
 * Embeddings of local files and folders as a Parquet file, and their rows, without any AWS.
 *
 * @throws FanfleetError `INVALID_INPUT` for the model, `OUTPUT_UNWRITABLE`, and as `putRows`
 */
export async function embedCommand(context: Context, paths: readonly string[], options: EmbedOptions) {
  const { model, layer, description, out, type, modelBatch } = options;
  expectInteger('--model-batch', modelBatch, MOST_MODEL_BATCH);
  const embedder = await loadEmbedder(localFiles, { model, layer, description });
  const input = localInput(context, paths);
  const part = `${out}.${process.pid}.part`;
  const embeddings = new PassThrough({ objectMode: true, highWaterMark: AHEAD });
  const file = embeddingsFile(
    embeddings as AsyncIterable<Embedding>,
    { type, length: embedder.length },
    aboutOf(embedderOf(embedder)),
  );
  const written = pipeline(Readable.from(file), createWriteStream(part));
  // What it fails with is told where it is waited for.
  written.catch(() => {});
  const outcomes = async function* (): AsyncGenerator<readonly LocalOutcome[]> {
    for await (const done of localEmbeddings(embedder, input, input.find(), options)) {
      const { embedding } = done;
      if (embedding !== undefined && !embeddings.write(embedding)) {
        await Promise.race([once(embeddings, 'drain'), written]);
      }
      yield [done];
    }
  };
  try {
    const head = { operation: 'embed', layer, length: embedder.length, type, out };
    const result = await putRows(context, input, head, 'embedded', outcomes());
    embeddings.end();
    await written;
    await rename(part, out);
    return result;
  } catch (cause) {
    embeddings.destroy();
    await written.catch(() => {});
    await rm(part, { force: true });
    if (!isOfFiles(cause)) throw cause;
    const message = `Expected to write ${out} but got: ${cause.message}.`;
    throw new FanfleetError('OUTPUT_UNWRITABLE', message, { cause, source: 'user' });
  }
}

function isOfFiles(reason: unknown): reason is NodeJS.ErrnoException {
  return reason instanceof Error && 'syscall' in reason;
}
