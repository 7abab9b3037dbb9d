import { beginModel, expectInput } from '../model-runner.ts';
import type { Runner } from '../workload.ts';
import { classifiedRow } from './classified-row.ts';
import { readClassifier } from './classifier-file.ts';
import type { ClassifyWork } from './params.ts';

/** Takes each image for what a model says. */
export function classifyRunner({ top, modelBatch }: ClassifyWork): Runner {
  return {
    inputs: ['model', 'classifier'],
    begin: async (kernel, imageBytes, inputs, atOnce) => {
      const classifier = readClassifier(expectInput(inputs, 'classifier'));
      const { labels, isSoftmax } = classifier;
      const images = await beginModel(classifier, {
        ...{ kernel, imageBytes, atOnce, modelBatch, values: labels.length },
        file: expectInput(inputs, 'model'),
        rowOf: (image, values) => classifiedRow(image, values, { labels, isSoftmax, top }),
      });
      return { ...images, batchFiles: () => [] };
    },
  };
}
