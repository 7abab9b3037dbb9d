import { stat } from 'node:fs/promises';
import { bytes, plural } from '../../src/format.ts';
import { resnet50Of } from '../../src/models/weights/resnet50-weights.ts';
import { withWeights } from '../../src/models/weights/weight-file.ts';
import { writeModel } from '../write-model.ts';

/** Write a ResNet-50 with the weights of a file of torchvision or timm. */
export async function resnet50Command(weights: string, to: string) {
  const classes = await withWeights(weights, async (tensors) => {
    const model = resnet50Of(tensors, weights);
    await writeModel(to, model.chunks);
    return model.classes;
  });
  const { size } = await stat(to);
  const text = [
    `${to}: ${bytes(size)}, a ResNet-50 of ${plural(classes, 'class', 'classes')} with the weights of ${weights}.`,
    'How its tensors are made depends on how it was trained: put a description beside it, as torchvision or timm has it (docs/models.md).',
  ].join('\n');
  return { json: { path: to, bytes: size, classes }, text };
}
