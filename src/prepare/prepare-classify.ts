import { NoteLog } from '../dataset/notes.ts';
import { loadModel, type Model } from '../models/load-model.ts';
import { writeClassifier } from '../workloads/classify/classifier-file.ts';
import { classifierOf } from '../workloads/classify/classifier-of.ts';
import type { ClassifyParams } from '../workloads/classify/schema.ts';
import { writeTruth } from '../workloads/classify/truth-file.ts';
import { addressOf, modelFilesOf } from './model-files.ts';
import { heldOfModel } from './model-room.ts';
import { optionalLabels } from './optional-labels.ts';
import type { Prepared, PrepareOptions } from './options.ts';
import { putInputs } from './put-inputs.ts';
import { tryModel } from './try-model.ts';

/**
 * Check the model of a run and what is said of it, and make its files: `model.onnx` and `classifier.json` for workers, and `truth.json`
 * for the answer, with what images truly are as far as that is known.
 *
 * @throws FanfleetError `INVALID_INPUT` where the model, its description or its labels are not there, not valid or do not fit each other,
 *   ONNX Runtime does not run it, it takes too much for the memory of the workers, or labels of images are not where they were said to be;
 *   S3's code
 */
export async function prepareClassify(params: ClassifyParams, options: PrepareOptions): Promise<Prepared> {
  const notes = new NoteLog();
  const { modelBatch } = params;
  const { where, file, model } = await readModel(params, options);
  const classifier = classifierOf(model);
  options.expectRoom?.(heldOfModel(file.length, classifier, modelBatch));
  await tryModel(classifier, { file, values: classifier.labels.length, modelBatch, where });
  const { file: truth, count } = await optionalLabels(params.labels, options, notes, writeTruth);
  await putInputs(
    options.store,
    options.runId,
    {
      model: { name: 'model.onnx', body: file, contentType: 'application/octet-stream' },
      classifier: {
        name: 'classifier.json',
        body: writeClassifier(classifier),
        contentType: 'application/json',
      },
      truth: { name: 'truth.json', body: truth, contentType: 'application/json' },
    },
    notes.list(),
  );
  return { images: 0, labels: count, bytes: file.length };
}

/** The model, checked while its file is read. */
async function readModel(
  { model, description, modelLabels }: ClassifyParams,
  options: PrepareOptions,
): Promise<{ readonly where: string; readonly file: Buffer; readonly model: Model }> {
  const where = addressOf(model, options);
  const files = modelFilesOf(options);
  const chunks: Uint8Array[] = [];
  const stream = async function* (path: string) {
    for await (const chunk of files.stream(path)) {
      if (path === where) chunks.push(chunk);
      yield chunk;
    }
  };
  const loaded = await loadModel(
    { stream },
    {
      model: where,
      description: description && addressOf(description, options),
      labels: modelLabels && addressOf(modelLabels, options),
    },
  );
  return { where, file: Buffer.concat(chunks), model: loaded };
}
