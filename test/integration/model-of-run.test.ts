import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Aws, Context } from '../../cli/context.ts';
import { allWithModelInBucket, withModelInBucket } from '../../cli/model-of-run.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import type { WorkloadRequest } from '../../src/workloads/schemas.ts';
import { type ImageBucket, startImageBucket } from '../support/image-bucket.ts';
import { smallModel } from '../unit/models/small-model.ts';

const RUNS = 'model-runs';

let bucket: ImageBucket;
let folder: string;
let model: string;
let context: Context;
let aws: Aws;

beforeAll(async () => {
  bucket = await startImageBucket(RUNS);
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-model-'));
  model = join(folder, 'pets.onnx');
  const constants = { mean: [0, 0, 0], std: [1, 1, 1] };
  await writeFile(model, smallModel());
  await writeFile(
    join(folder, 'pets.json'),
    JSON.stringify({ resize: { width: 5, height: 4 }, filter: 'box', ...constants }),
  );
  await writeFile(join(folder, 'names.txt'), 'cat\ndog\n');
  const io = { progress: () => {}, endProgress: () => {} };
  context = {
    io,
    root: '.',
    home: folder,
    stage: 'local',
    signal: AbortSignal.any([]),
  } as unknown as Context;
  aws = { s3: bucket.s3, stack: { runsBucket: RUNS } } as unknown as Aws;
});
afterAll(async () => {
  await bucket?.stop();
  await rm(folder, { recursive: true, force: true });
});

const placed = async (workload: WorkloadRequest) =>
  (await withModelInBucket(context, aws, { prefix: 'x/', workload })).workload;

describe('the model of a run', () => {
  it('is put with what is beside it where every part of the run finds it', async () => {
    const workload = await placed({ name: 'classify', params: { model, top: 3 } });
    expect(workload).toEqual({
      name: 'classify',
      params: {
        model: expect.stringMatching(/^s3:\/\/model-runs\/models\/[0-9a-f]{16}\/pets\.onnx$/),
        description: expect.stringMatching(/\/pets\.json$/),
        top: 3,
      },
    });
    const address = workload?.name === 'classify' ? (workload.params?.model ?? '') : '';
    const key = address.replace(`s3://${RUNS}/`, '');
    expect(await new ObjectStore(bucket.s3, RUNS).get(key)).toEqual(Buffer.from(smallModel()));
  });

  it('has its labels with it where these are elsewhere', async () => {
    const modelLabels = join(folder, 'names.txt');
    const workload = await placed({ name: 'classify', params: { model, modelLabels } });
    expect(workload?.params).toMatchObject({
      modelLabels: expect.stringMatching(/^s3:\/\/model-runs\/models\/[0-9a-f]{16}\/pets\.labels\.txt$/),
    });
  });

  it('is put there whole where embeddings are of one of its layers, which it must have', async () => {
    const params = { model, layer: 'flat', type: 'int8' } as const;
    const workload = await placed({ name: 'embed', params });
    expect(workload).toEqual({
      name: 'embed',
      params: {
        ...params,
        model: expect.stringMatching(/^s3:\/\/model-runs\/models\/[0-9a-f]{16}\/pets\.onnx$/),
        description: expect.stringMatching(/\/pets\.json$/),
      },
    });
    await expect(placed({ name: 'embed', params: { model, layer: 'none' } })).rejects.toThrow(
      '[INVALID_INPUT]',
    );
  });

  it.each<WorkloadRequest>([
    { name: 'embed', params: { model: 's3://other/models/a.onnx', layer: 'flat' } },
    { name: 'classify', params: { model: 's3://other/models/a.onnx' } },
    { name: 'statistics' },
  ])('is left where it is, and what has none is left as it is: %j', async (workload) => {
    expect(await placed(workload)).toBe(workload);
  });

  it('is that of each point of a sweep', async () => {
    const classify = (top: number) => ({ name: 'classify' as const, params: { model, top } });
    const points = [
      { workers: 1, workload: classify(3) },
      { workers: 2, workload: classify(3) },
      { workers: 2, workload: classify(5) },
      { workers: 2, workload: { name: 'statistics' as const } },
    ];
    const placed = await allWithModelInBucket(context, aws, points);
    const inBucket = expect.stringMatching(/^s3:\/\/model-runs\/models\/[0-9a-f]{16}\/pets\.onnx$/);
    expect(placed).toMatchObject([
      { workers: 1, workload: { params: { model: inBucket, top: 3 } } },
      { workers: 2, workload: { params: { model: inBucket, top: 3 } } },
      { workers: 2, workload: { params: { model: inBucket, top: 5 } } },
      points[3],
    ]);
  });

  it('is refused where it is neither a name nor a file', async () => {
    await expect(placed({ name: 'classify', params: { model: 'resnet51' } })).rejects.toThrow(
      '[INVALID_INPUT] Expected a model by its name (orientation, nsfw-resnet50, resnet50), an .onnx of this machine or s3://bucket/key but found resnet51',
    );
  });
});
