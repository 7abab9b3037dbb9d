import { type ImageModel, readModelFile, writeModelFile } from '../image-model.ts';

export { tensorSizeOf } from '../image-model.ts';

/** What workers have to know of a model beside its file. */
export interface Classifier extends ImageModel {
  /** Whether what it gives are probabilities. */
  readonly isSoftmax: boolean;
  /** Names of the classes, in the order of the output. */
  readonly labels: readonly string[];
}

/** The one text form of `classifier.json`, which ec2-workers/fanfleet/classifier.py reads as well. */
export function writeClassifier(classifier: Classifier): Buffer {
  const { isSoftmax, labels } = classifier;
  return writeModelFile(classifier, { isSoftmax, labels });
}

/** @throws FanfleetError `INPUT_DAMAGED`. Loads no zod, since workers read it */
export function readClassifier(file: Buffer): Classifier {
  return readModelFile(file, (fields) => ({
    isSoftmax: fields.flag('isSoftmax'),
    labels: fields.take('labels', 'labels', areLabels, []),
  }));
}

function areLabels(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string');
}
