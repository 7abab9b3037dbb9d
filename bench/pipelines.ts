import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { modelObjects } from '../src/ablation/model-objects.ts';
import type { PipelinePython } from '../src/ablation/pipelines.ts';
import { haveModel } from '../src/models/named/have-model.ts';
import type { ModelName } from '../src/models/named/named-models.ts';
import { FLEET_PYTHON } from './contenders.ts';
import { CACHE, ROOT } from './places.ts';
import { clientOf, type S3Server } from './s3-server.ts';

/** Of the fleet's hosts, with the pipelines. */
export const PIPELINE_PYTHON: PipelinePython = {
  python: FLEET_PYTHON,
  path: [join(ROOT, 'engine-pipelines'), join(ROOT, 'ec2-workers')],
};

/** Put a model with a name beside the images, with what workers have to know of it. */
export async function putModel(server: S3Server, name: ModelName): Promise<void> {
  const python = join(ROOT, '.fanfleet/uv/bin/python');
  const { path } = await haveModel(name, join(CACHE, 'models'), {
    python,
    signal: new AbortController().signal,
  });
  const s3 = clientOf(server.store);
  const { bucket: Bucket } = server.store;
  for (const [Key, Body] of await modelObjects({ model: path })) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  }
  s3.destroy();
}
