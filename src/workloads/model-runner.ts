import type { Row } from '../contract/row.ts';
import type { TensorRecipe, TensorSize } from '../contract/tensor.ts';
import { withinMemory } from '../kernel/image-memory.ts';
import type { Kernel, Normalised, Prepared, Tensored } from '../kernel/kernel.ts';
import { InferenceBatches } from '../models/inference/batches.ts';
import { sessionsOf } from '../models/inference/sessions.ts';
import { type ImageModel, tensorSizeOf } from './image-model.ts';
import type { BatchRunner, Inputs } from './workload.ts';

/** An image that a model has seen: its key, and its own width and height, not those of its tensor. */
export type SeenImage = { readonly key: string } & TensorSize;

export interface ModelRunnerOptions {
  readonly file: Buffer;
  /** Values that the model has to give for each image. */
  readonly values: number;
  /** Most images that it is given at once. */
  readonly modelBatch: number;
  readonly kernel: Kernel;
  readonly imageBytes: number;
  readonly atOnce: number;
  /** The row of an image by what the model gave for it; the values belong to whoever is called. */
  readonly rowOf: (image: SeenImage, values: Float32Array) => Row;
}

/** Asks a model about each image, batches filled across images. */
export async function beginModel(
  model: ImageModel,
  { file, values: classes, modelBatch, imageBytes, atOnce, rowOf, ...options }: ModelRunnerOptions,
): Promise<Omit<BatchRunner, 'batchFiles'>> {
  const { recipe, input, output, bgr } = model;
  const sessions = await sessionsOf({ file, input, output });
  const images = model.batch === 1 ? 1 : modelBatch;
  const batches = new InferenceBatches(
    { shape: shapeOf(recipe), type: recipe.type, bgr, images, classes },
    (batch) => sessions.run(batch),
    // Of two calls of `run` one decodes while the other one waits for the model.
    Math.max(1, Math.floor(atOnce / 2)),
  );
  const kernel = withinMemory(options.kernel, imageBytes, recipe);
  const answered = async (image: Prepared, tensored: Tensored): Promise<Normalised> => {
    if (tensored.failed !== undefined) {
      const { failed, ...measured } = tensored;
      return { ...measured, row: failed };
    }
    const { tensor, size, failed: _, ...measured } = tensored;
    const { values, ms } = await batches.answer(tensor.data);
    const row = rowOf({ key: image.key, ...size }, values);
    return { ...measured, row, computeMs: measured.computeMs + ms };
  };
  return {
    prepare: (bytes, key) => kernel.prepare(bytes, key),
    // Its tensor is in the batch a second time.
    workingBytes: (image) => image.tensorBytes(recipe) + bytesOf(recipe),
    isGrouped: true,
    groupImages: images,
    run: async (together) => {
      const tensored = await tensorsOf(kernel, together, recipe);
      return Promise.all(together.map((image, at) => answered(image, tensored[at] as Tensored)));
    },
  };
}

export function expectInput(inputs: Inputs, name: string): Buffer {
  const file = inputs.get(name);
  if (file === undefined) throw new TypeError(`Expected the ${name} among the inputs.`);
  return file;
}

function tensorsOf(kernel: Kernel, images: readonly Prepared[], recipe: TensorRecipe) {
  if (kernel.tensors === undefined)
    throw new TypeError(`Expected a kernel that makes tensors: ${kernel.name}.`);
  return kernel.tensors(images, recipe);
}

function shapeOf(recipe: TensorRecipe): readonly [number, number, number] {
  const { width, height } = tensorSizeOf(recipe);
  return recipe.layout === 'nchw' ? [3, height, width] : [height, width, 3];
}

function bytesOf(recipe: TensorRecipe): number {
  const { width, height } = tensorSizeOf(recipe);
  return 3 * width * height * (recipe.type === 'float32' ? 4 : 1);
}
