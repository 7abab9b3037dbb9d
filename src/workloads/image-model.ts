import {
  TENSOR_FILTERS,
  TENSOR_LAYOUTS,
  TENSOR_TYPES,
  type TensorConstants,
  type TensorRecipe,
  type TensorSize,
} from '../contract/tensor.ts';
import { FanfleetError } from '../errors.ts';
import { type Fields, readFields } from '../fields.ts';

/** What a worker has to know of a model to run it on images. */
export interface ImageModel {
  /** How the tensor of an image is made: of R, G and B in this order. */
  readonly recipe: TensorRecipe;
  /** Whether the model takes the planes of the tensor as B, G and R. */
  readonly bgr: boolean;
  /** Names in the graph. */
  readonly input: string;
  readonly output: string;
  /** Images that it takes at once: as many as one likes, or one. */
  readonly batch: 'any' | 1;
}

/** The one text form of a file that says this and more of a model, which Python reads as well. */
export function writeModelFile<M extends ImageModel>(model: M, more: Omit<M, keyof ImageModel>): Buffer {
  const { recipe, bgr, input, output, batch } = model;
  return Buffer.from(JSON.stringify({ recipe: recipeInOrder(recipe), bgr, input, output, batch, ...more }));
}

/** The same, with its fields in the order in which files have them. */
export function recipeInOrder({ resize, filter, crop, mean, std, layout, type }: TensorRecipe) {
  return { resize, filter, crop, mean, std, layout, type };
}

/**
 * Read such a file. Loads no zod, since workers read it.
 *
 * @param readMore reads the fields that are not those of every model
 * @throws FanfleetError `INPUT_DAMAGED`
 */
export function readModelFile<T extends object>(
  file: Buffer,
  readMore: (fields: Fields) => T,
): ImageModel & T {
  let value: unknown;
  try {
    value = JSON.parse(file.toString('utf8'));
  } catch (cause) {
    throw damaged('it is no JSON', cause);
  }
  try {
    return readFields(value, 'The description of the model', (fields) => ({
      recipe: fields.object('recipe', readRecipe),
      bgr: fields.flag('bgr'),
      input: fields.text('input'),
      output: fields.text('output'),
      batch: fields.take('batch', '"any" or 1', isBatch, 1),
      ...readMore(fields),
    }));
  } catch (cause) {
    throw damaged(FanfleetError.from(cause).message, cause);
  }
}

/** The width and height of every tensor. */
export function tensorSizeOf({ resize, crop }: TensorRecipe): TensorSize {
  if (crop !== undefined) return crop;
  if (!('shorter' in resize)) return resize;
  throw new TypeError('Expected a recipe by which all tensors have one size.');
}

function readRecipe(fields: Fields): TensorRecipe {
  const crop = fields.optional('crop', (name) => fields.object(name, readSize));
  const mean = fields.optional('mean', (name) => fields.take(name, 'three numbers', isTriple, [0, 0, 0]));
  const std = fields.optional('std', (name) => fields.take(name, 'three numbers', isTriple, [1, 1, 1]));
  return {
    resize: fields.object('resize', readResize),
    filter: fields.oneOf('filter', TENSOR_FILTERS),
    ...(crop && { crop }),
    ...(mean && { mean }),
    ...(std && { std }),
    layout: fields.oneOf('layout', TENSOR_LAYOUTS),
    type: fields.oneOf('type', TENSOR_TYPES),
  };
}

function readResize(size: Fields): TensorRecipe['resize'] {
  const shorter = size.optional('shorter', (name) => size.integer(name, 1));
  return shorter === undefined ? readSize(size) : { shorter };
}

function readSize(size: Fields): TensorSize {
  return { width: size.integer('width', 1), height: size.integer('height', 1) };
}

function isTriple(value: unknown): value is TensorConstants {
  return Array.isArray(value) && value.length === 3 && value.every((each) => Number.isFinite(each));
}

function isBatch(value: unknown): value is ImageModel['batch'] {
  return value === 'any' || value === 1;
}

function damaged(why: string, cause?: unknown): FanfleetError {
  const message = `Expected the description of a model but ${why}.`;
  return new FanfleetError('INPUT_DAMAGED', message, { source: 'internal', cause });
}
