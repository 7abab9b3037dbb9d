import { Readable } from 'node:stream';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectStore } from '../../src/aws/object-store.ts';
import type { InputFile } from '../../src/contract/inputs.ts';
import { layout } from '../../src/contract/layout.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import type { Held } from '../../src/prepare/expect-room.ts';
import { prepareEmbed } from '../../src/prepare/prepare-embed.ts';
import { readEmbedder } from '../../src/workloads/embed/embedder-file.ts';
import { type EmbedParams, embedParamsSchema } from '../../src/workloads/embed/schema.ts';
import { type ImageBucket, MIB, startImageBucket } from '../support/image-bucket.ts';
import { batchesOf } from '../unit/aggregate/fixture.ts';
import { smallModel } from '../unit/models/small-model.ts';

const DATA = 'embed-data';
const RUNS = 'embed-runs';
const DESCRIPTION = {
  ...{ resize: { width: 5, height: 4 }, filter: 'bilinear', channels: 'bgr' },
  ...{ mean: [0.1, 0.2, 0.3], std: [1, 1, 1] },
};

let bucket: ImageBucket;
let store: ObjectStore;
let runs = 0;

beforeAll(async () => {
  bucket = await startImageBucket(DATA);
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  store = new ObjectStore(bucket.s3, RUNS);
  await bucket.put('models/pets.onnx', Buffer.from(smallModel()));
  await bucket.put('models/pets.json', Buffer.from(JSON.stringify(DESCRIPTION)));
  await store.put('models/0123/own.onnx', Buffer.from(smallModel()), 'application/octet-stream');
  await store.putJson('models/0123/own.json', DESCRIPTION);
});
afterAll(() => bucket?.stop());

/** Prepare a run, and read what is there then. */
async function prepared(asked: Partial<EmbedParams>, expectRoom?: (held: Held) => void) {
  runs += 1;
  const runId = `run-${runs}`;
  const params = embedParamsSchema.parse({ model: 'models/pets.onnx', layer: 'flat', ...asked });
  const nothing = () => expect.fail('Expected no image to be read.');
  const told = await prepareEmbed(params, {
    ...{ runId, bucket: DATA, reader: bucket.reader, store, prefix: 'pets/' },
    ...{
      manifest: () => Readable.from(batchesOf(['pets/a.png', 'pets/b.png', 'pets/c.png'], 2)),
      training: nothing,
    },
    ...{ fetches: 4, decodes: 2, encodedBytes: MIB, decodedBytes: MIB, imageBytes: 1024 * MIB },
    kernel: await chooseKernel('portable'),
    files: new ObjectStore(bucket.s3, DATA),
    filesOf: (name) => new ObjectStore(bucket.s3, name),
    now: () => performance.now(),
    ...(expectRoom && { expectRoom }),
  });
  const list = (await store.getJson(layout.inputs(runId))) as Record<'model' | 'embedder', InputFile> & {
    readonly notes: readonly object[];
  };
  const [model, embedder] = await Promise.all([list.model, list.embedder].map(({ key }) => store.get(key)));
  return {
    ...{ told, notes: list.notes, model },
    embedder: readEmbedder(embedder ?? Buffer.alloc(0)),
  };
}

describe('the inputs of embed', () => {
  it('are the model, cut at the layer, and what workers have to know of it', async () => {
    const { told, notes, model, embedder } = await prepared({});
    expect(embedder).toEqual({
      recipe: {
        ...{ resize: { width: 5, height: 4 }, filter: 'bilinear', mean: [0.3, 0.2, 0.1], std: [1, 1, 1] },
        ...{ layout: 'nchw', type: 'float32' },
      },
      ...{ bgr: true, input: 'images', output: 'flat', batch: 'any', length: 60, layer: 'flat' },
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    // The weights come behind the layer.
    expect(model?.length).toBeLessThan(smallModel().length - 480);
    expect(told).toEqual({ images: 0, labels: 0, bytes: model?.length });
    expect(notes).toEqual([]);
  });

  it('are of a model in any bucket, and the same of the same model', async () => {
    const [own, other] = [await prepared({ model: `s3://${RUNS}/models/0123/own.onnx` }), await prepared({})];
    expect([own.model, own.embedder]).toEqual([other.model, other.embedder]);
  });

  it('are held against the room that workers have', async () => {
    const held: Held[] = [];
    await prepared({ modelBatch: 16 }, (one) => held.push(one));
    const what = 'a model of 1 MiB with 16 images at once, and twice 1 MiB of embeddings a batch';
    expect(held).toMatchObject([{ what, isPerCore: true }]);
  });

  it.each<[Partial<EmbedParams>, string]>([
    [{ layer: 'softmax' }, 'softmax'],
    [{ model: 'models/none.onnx' }, 'models/none.onnx'],
    [{ description: 'models/none.json' }, 'models/none.json'],
    [{ model: 's3://' }, 'Expected a key, or s3://bucket/key, of the files of a model but found s3://'],
  ])('are refused with %j', async (asked, words) => {
    await expect(prepared(asked)).rejects.toMatchObject({
      ...{ code: 'INVALID_INPUT', source: 'user', message: expect.stringContaining(words) },
    });
  });
});
