import { withinMemory } from '../../kernel/image-memory.ts';
import type { Kernel, Normalised, Prepared, Tensored } from '../../kernel/kernel.ts';
import { InferenceBatches } from '../../models/inference/batches.ts';
import { sessionsOf } from '../../models/inference/sessions.ts';
import type { BatchRunner, Inputs, Runner } from '../workload.ts';
import { classifiedRow } from './classified-row.ts';
import { type Classifier, readClassifier, tensorSizeOf } from './classifier-file.ts';
import type { ClassifyWork } from './params.ts';

/** Takes each image for what a model says. */
export function classifyRunner({ top, modelBatch }: ClassifyWork): Runner {
  return {
    inputs: ['model', 'classifier'],
    begin: async (wholeKernel, imageBytes, inputs, atOnce) => {
      const classifier = readClassifier(expectInput(inputs, 'classifier'));
      const { recipe, input, output, labels, isSoftmax, bgr } = classifier;
      const sessions = await sessionsOf({ file: expectInput(inputs, 'model'), input, output });
      const images = classifier.batch === 1 ? 1 : modelBatch;
      const batches = new InferenceBatches(
        { shape: shapeOf(classifier), type: recipe.type, bgr, images, classes: labels.length },
        (batch) => sessions.run(batch),
        // Of two calls of `run` one decodes while the other one waits for the model.
        Math.max(1, Math.floor(atOnce / 2)),
      );
      const kernel = withinMemory(wholeKernel, imageBytes, recipe);
      const answered = async (image: Prepared, tensored: Tensored): Promise<Normalised> => {
        if (tensored.failed !== undefined) {
          const { failed, ...measured } = tensored;
          return { ...measured, row: failed };
        }
        const { tensor, size, failed: _, ...measured } = tensored;
        const { values, ms } = await batches.answer(tensor.data);
        const row = classifiedRow({ key: image.key, ...size }, values, { labels, isSoftmax, top });
        return { ...measured, row, computeMs: measured.computeMs + ms };
      };
      return {
        prepare: (input, key) => kernel.prepare(input, key),
        // Its tensor is in the batch a second time.
        workingBytes: (image) => image.tensorBytes(recipe) + bytesOf(classifier),
        isGrouped: true,
        groupImages: images,
        run: async (images) => {
          const tensored = await tensorsOf(kernel, images, classifier);
          return Promise.all(images.map((image, at) => answered(image, tensored[at] as Tensored)));
        },
        batchFiles: () => [],
      } satisfies BatchRunner;
    },
  };
}

function expectInput(inputs: Inputs, name: string): Buffer {
  const file = inputs.get(name);
  if (file === undefined) throw new TypeError(`Expected the ${name} among the inputs.`);
  return file;
}

function tensorsOf(kernel: Kernel, images: readonly Prepared[], { recipe }: Classifier) {
  if (kernel.tensors === undefined)
    throw new TypeError(`Expected a kernel that makes tensors: ${kernel.name}.`);
  return kernel.tensors(images, recipe);
}

function shapeOf({ recipe }: Classifier): readonly [number, number, number] {
  const { width, height } = tensorSizeOf(recipe);
  return recipe.layout === 'nchw' ? [3, height, width] : [height, width, 3];
}

function bytesOf({ recipe }: Classifier): number {
  const { width, height } = tensorSizeOf(recipe);
  return 3 * width * height * (recipe.type === 'float32' ? 4 : 1);
}
