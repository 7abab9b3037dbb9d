import type { Row } from '../contract/row.ts';
import type { TensorRecipe, TensorSize } from '../contract/tensor.ts';
import { withinMemory } from '../kernel/image-memory.ts';
import type { Kernel, Normalised, Prepared } from '../kernel/kernel.ts';
import { type BatchRoom, InferenceBatches } from '../models/inference/batches.ts';
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

/** Asks a model about each image, many at a time. */
export async function beginModel(
  model: ImageModel,
  { file, values: classes, modelBatch, imageBytes, atOnce, rowOf, ...options }: ModelRunnerOptions,
): Promise<Omit<BatchRunner, 'batchFiles'>> {
  const { recipe, input, output, bgr } = model;
  const sessions = await sessionsOf({ file, input, output });
  const images = model.batch === 1 ? 1 : modelBatch;
  const batches = new InferenceBatches(
    { shape: shapeOf(recipe), type: recipe.type, bgr, images, classes },
    (batch) => sessions.run(batch, images),
    // Of two calls of `run` one decodes while the other one waits for the model.
    Math.max(1, Math.floor(atOnce / 2)),
  );
  const kernel = withinMemory(options.kernel, imageBytes, recipe);
  const answerAll = async (part: readonly Prepared[]): Promise<Normalised[]> => {
    const room = batches.room();
    const tensored = await tensorsOf(kernel, part, recipe, room);
    const sound = tensored.filter(({ failed }) => failed === undefined);
    const answers = (await batches.answer(room, sound.length)).values();
    return tensored.map((one, at): Normalised => {
      if (one.failed !== undefined) {
        const { failed, ...measured } = one;
        return { ...measured, row: failed };
      }
      const { tensor: _, size, failed: __, ...measured } = one;
      const [image, answer] = [part[at], answers.next().value];
      if (image === undefined || answer === undefined)
        throw new RangeError('a kernel or a model gave too little');
      const row = rowOf({ key: image.key, ...size }, answer.values);
      return { ...measured, row, computeMs: measured.computeMs + answer.ms };
    });
  };
  return {
    prepare: (bytes, key) => kernel.prepare(bytes, key),
    // Its tensor is in the batch a second time, where the kernel cannot make it there.
    workingBytes: (image) => image.tensorBytes(recipe) + bytesOf(recipe),
    isGrouped: true,
    groupImages: images,
    modelBatch: () => sessions.fitting,
    run: async (together) => (await Promise.all(cut(together, images).map(answerAll))).flat(),
  };
}

export function expectInput(inputs: Inputs, name: string): Buffer {
  const file = inputs.get(name);
  if (file === undefined) throw new TypeError(`Expected the ${name} among the inputs.`);
  return file;
}

function cut<T>(all: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, part) =>
    all.slice(part * most, (part + 1) * most),
  );
}

function tensorsOf(kernel: Kernel, images: readonly Prepared[], recipe: TensorRecipe, into: BatchRoom) {
  if (kernel.tensors === undefined)
    throw new TypeError(`Expected a kernel that makes tensors: ${kernel.name}.`);
  return kernel.tensors(images, recipe, into);
}

function shapeOf(recipe: TensorRecipe): readonly [number, number, number] {
  const { width, height } = tensorSizeOf(recipe);
  return recipe.layout === 'nchw' ? [3, height, width] : [height, width, 3];
}

function bytesOf(recipe: TensorRecipe): number {
  const { width, height } = tensorSizeOf(recipe);
  return 3 * width * height * (recipe.type === 'float32' ? 4 : 1);
}
