import type { Model } from '../../models/load-model.ts';
import type { Classifier } from './classifier-file.ts';

/** What workers have to know of a model that was read. */
export function classifierOf({ classifier, tensor, channels, labels }: Model): Classifier {
  return {
    recipe: tensor,
    bgr: channels === 'bgr',
    input: classifier.input.name,
    output: classifier.output.name,
    batch: classifier.batch,
    isSoftmax: classifier.output.isSoftmax,
    labels,
  };
}
