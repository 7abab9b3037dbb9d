import { hash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { layout } from '../../../../src/contract/layout.ts';
import { failedRow, serializeRow } from '../../../../src/contract/row.ts';
import { openEmbeddings } from '../../../../src/embeddings/read-embeddings.ts';
import { embeddingsAsParquet } from '../../../../src/report/rows/embeddings.ts';
import type { Summary } from '../../../../src/report/summary-schema.ts';
import { writeEmbedder } from '../../../../src/workloads/embed/embedder-file.ts';
import { EMBEDDINGS } from '../../../../src/workloads/embed/params.ts';
import { writeVectors } from '../../../../src/workloads/embed/vectors-file.ts';
import { batchesOf, MemoryBucket, putManifest } from '../../aggregate/fixture.ts';
import { EMBEDDER, type Embedded, embedded } from '../../workloads/embed/embedded.ts';

const RUN = 'r1';
const IMAGES = ['a', 'b', 'c', 'e'].map((key, at) => embedded(key, at + 0.5, -at));
const FAILED = failedRow('d', 'EMPTY_OBJECT');

/** A run over five images of which one failed, in batches of `size`. */
function bucketOf(size: number, vectorsOf = (part: readonly Embedded[]) => part): MemoryBucket {
  const bucket = new MemoryBucket();
  const body = writeEmbedder(EMBEDDER);
  bucket.put('embedder', body);
  const place = { key: 'embedder', sha256: hash('sha256', body), bytes: body.length };
  bucket.put(layout.inputs(RUN), JSON.stringify({ embedder: place, notes: [] }));
  const batches = batchesOf(['a', 'b', 'c', 'd', 'e'], size);
  putManifest(bucket, RUN, batches);
  for (const { batch, objects } of batches) {
    const own = IMAGES.filter(({ row }) => objects.some(({ key }) => key === row.key));
    const rows = objects.map(({ key }) => own.find(({ row }) => row.key === key)?.row ?? FAILED);
    bucket.put(layout.result(RUN, 'fleet', 2, batch), rows.map((row) => `${serializeRow(row)}\n`).join(''));
    const vectors = vectorsOf(own).map(({ values }) => values);
    bucket.put(layout.batchFile(EMBEDDINGS, RUN, 'fleet', 2, batch), writeVectors(vectors));
  }
  return bucket;
}

function summaryOf({
  type = 'float32',
  name = 'embed',
  source = { arm: 'fleet', round: 2 } as object | null,
} = {}) {
  const workload = { name, params: { model: 'm.onnx', layer: 'flat', type, modelBatch: 8 } };
  return { runId: RUN, request: { workload }, failures: { source } } as unknown as Summary;
}

async function written(bucket: MemoryBucket, summary = summaryOf()): Promise<Buffer> {
  const stream = await embeddingsAsParquet(summary, bucket);
  return buffer(stream ?? expect.fail('Expected embeddings.'));
}

describe('the embeddings of a run', () => {
  it('are those of one arm in the order of the manifest, without what failed', async () => {
    const body = await written(bucketOf(2));
    const file = await openEmbeddings(
      { bytes: body.length, read: async (start, end) => body.subarray(start, end) },
      'embeddings.parquet',
    );
    expect(file.format).toEqual({ type: 'float32', length: 2 });
    expect(file.groups).toHaveLength(1);
    expect(await file.groups[0]?.keys()).toEqual(['a', 'b', 'c', 'e']);
    expect([...((await file.groups[0]?.numbers()) ?? [])]).toEqual(
      IMAGES.flatMap(({ values }) => [...values]),
    );
    const about = {
      'fanfleet.run': RUN,
      'fanfleet.arm': 'fleet',
      'fanfleet.round': '2',
      'fanfleet.layer': 'flat',
    };
    for (const [name, text] of Object.entries(about)) expect(file.about.get(name), name).toBe(text);
    expect(file.about.get('fanfleet.model')).toBe(EMBEDDER.sha256);
  });

  it.each(['float32', 'int8'])(
    'of %s are the same bytes however the images are cut into batches',
    async (type) => {
      const first = await written(bucketOf(5), summaryOf({ type }));
      for (const size of [1, 2, 3]) expect(await written(bucketOf(size), summaryOf({ type }))).toEqual(first);
    },
  );

  it('leave out batches without a result or a file, of which the summary tells', async () => {
    const bucket = bucketOf(2);
    bucket.objects.delete(layout.result(RUN, 'fleet', 2, 0));
    bucket.objects.delete(layout.batchFile(EMBEDDINGS, RUN, 'fleet', 2, 2));
    const body = await written(bucket);
    const file = await openEmbeddings(
      { bytes: body.length, read: async (start, end) => body.subarray(start, end) },
      'embeddings.parquet',
    );
    expect(await file.groups[0]?.keys()).toEqual(['c']);
  });

  it('are none where those of a batch are not those of its rows', async () => {
    const swapped = bucketOf(5, (part) => part.toReversed());
    await expect(written(swapped)).rejects.toThrow('Expected the embedding of a in ');
    await expect(written(bucketOf(5, (part) => part.slice(1)))).rejects.toThrow(
      'Expected embeddings of 4 times 2 numbers, 32 bytes, but found 24',
    );
  });

  it('are nothing of another workload, or where no arm left any', async () => {
    expect(await embeddingsAsParquet(summaryOf({ name: 'classify' }), bucketOf(5))).toBeNull();
    expect(await embeddingsAsParquet(summaryOf({ source: null }), bucketOf(5))).toBeNull();
  });
});
