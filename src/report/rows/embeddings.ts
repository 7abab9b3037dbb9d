import { Readable } from 'node:stream';
import { readAnswerInputs } from '../../aggregate/answer-inputs.ts';
import { readManifest } from '../../aggregate/manifest-stream.ts';
import { type BucketReader, getIfPresent } from '../../aws/bucket-reader.ts';
import { inOrder } from '../../concurrency/in-order.ts';
import { layout } from '../../contract/layout.ts';
import type { Batch } from '../../contract/manifest.ts';
import { isFailed } from '../../contract/row.ts';
import { type Embedding, embeddingsFile } from '../../embeddings/write-embeddings.ts';
import { FanfleetError } from '../../errors.ts';
import { aboutOf } from '../../workloads/embed/about.ts';
import { embeddingHash } from '../../workloads/embed/embedded-row.ts';
import { type Embedder, readEmbedder } from '../../workloads/embed/embedder-file.ts';
import { EMBEDDINGS } from '../../workloads/embed/params.ts';
import { checkEmbedRow } from '../../workloads/embed/row-check.ts';
import { readVectors, vectorsBytes } from '../../workloads/embed/vectors-file.ts';
import type { Summary } from '../summary-schema.ts';

type Reader = Pick<BucketReader, 'get' | 'stream'>;
type Source = NonNullable<Summary['failures']['source']>;

/** Batches that are read at once, and most bytes that their embeddings have together unless those of one are more. */
const AHEAD = 4;
const AHEAD_BYTES = 64 * 1024 * 1024;

/**
 * The embeddings of the arm and round whose rows are in `results.parquet`, in the order of the manifest, as a Parquet file. Holds some batches and one group of
 * rows, however many there are.
 *
 * @returns null where the workload makes none, or no arm left any
 * @throws FanfleetError as `readAnswerInputs` does; the stream fails by `OUTCOME_DAMAGED` where embeddings of a batch are not those of its rows
 */
export async function embeddingsAsParquet(
  { runId, request: { workload }, failures: { source } }: Summary,
  reader: Reader,
): Promise<Readable | null> {
  if (workload.name !== 'embed' || source === null) return null;
  const file = (await readAnswerInputs(reader, runId, 'embed')).get('embedder');
  if (file === undefined) throw new TypeError('Expected the embedder among the inputs.');
  const embedder = readEmbedder(file);
  const embeddings = readEmbeddings(reader, runId, source, embedder);
  const format = { type: workload.params.type, length: embedder.length };
  return Readable.from(
    embeddingsFile(embeddings, format, {
      'fanfleet.run': runId,
      'fanfleet.arm': source.arm,
      'fanfleet.round': String(source.round),
      ...aboutOf(embedder),
    }),
    { objectMode: false },
  );
}

async function* readEmbeddings(
  reader: Reader,
  runId: string,
  { arm, round }: Source,
  { length }: Embedder,
): AsyncGenerator<Embedding> {
  const manifest = readManifest(reader.stream(layout.manifest(runId)));
  const limits = {
    atOnce: AHEAD,
    bytesOf: ({ objects }: Batch) => vectorsBytes(length, objects.length),
    bytes: AHEAD_BYTES,
  };
  const load = async ({ batch }: Batch) => {
    const key = layout.batchFile(EMBEDDINGS, runId, arm, round, batch);
    const [rows, body] = await Promise.all([
      getIfPresent(reader, layout.result(runId, arm, round, batch)),
      getIfPresent(reader, key),
    ]);
    return { key, rows, body };
  };
  for await (const { key, rows, body } of inOrder(manifest, load, limits)) {
    // The summary says which batches are not there.
    if (rows === null || body === null) continue;
    const done = rows
      .toString('utf8')
      .split('\n')
      .flatMap((line) => {
        const { row } = line === '' ? {} : checkEmbedRow(line);
        return row === undefined || isFailed(row) ? [] : [row];
      });
    const vectors = readVectors(body, length, done.length);
    for (const [at, { key: image, embedding }] of done.entries()) {
      const values = vectors[at];
      if (values === undefined || embeddingHash(values) !== embedding) throw notThose(key, image);
      yield { key: image, values };
    }
  }
}

function notThose(key: string, image: string): FanfleetError {
  const message = `Expected the embedding of ${image} in ${key} but it has another hash than that of its row: start the run again, and let nothing else write there.`;
  return new FanfleetError('OUTCOME_DAMAGED', message, { source: 'internal' });
}
