import { performance } from 'node:perf_hooks';
import { type FailedRow, failedRow } from '../contract/row.ts';
import { TENSOR_FILTERS, type TensorRecipe, type TensorSize } from '../contract/tensor.ts';
import { NUMBERS_IN_OF_TENSORS, NUMBERS_OF_TENSORS, STATES } from './addon-numbers.ts';
import type { Decoded, Tensor, Tensored } from './kernel.ts';
import type { MadeTensors, NativeAddon, TensorSettings } from './native-addon.ts';
import { type NativeSource, prepareBySharp } from './native-job.ts';
import { isTooLarge, planTensor, type TensorPlan, tensorLength } from './tensor-plan.ts';

/**
 * The tensors of images by one job of the addon, in the order of the images; those that it leaves to sharp by its pixels.
 *
 * @param to where they come, if the addon can write there
 */
export async function makeTensors(
  addon: NativeAddon,
  images: readonly NativeSource[],
  recipe: TensorRecipe,
  to?: Uint8Array,
): Promise<Tensored[]> {
  const started = performance.now();
  const planned = images.map(({ still }) => ({ size: still, plan: planTensor(recipe, still) }));
  const numbers = planned.flatMap(({ size, plan }, at) =>
    numbersOf(size, plan, images[at]?.still.pieces.length ?? 0, false),
  );
  const pieces = images.flatMap(({ still }) => still.pieces);
  const made = await addon.tensors(pieces, Uint32Array.from(numbers), settingsOf(recipe), to);
  const data = dataOf(made, to);
  let workMs = 0;
  for (const [at, ms] of made.numbers.entries()) if (at % NUMBERS_OF_TENSORS > 0) workMs += ms;
  const waitMs = Math.max(0, performance.now() - started - workMs) / images.length;
  const tensored: Tensored[] = [];
  let [damaged, end] = [0, 0];
  for (const [at, { input, key, still }] of images.entries()) {
    const plan = planned[at]?.plan ?? planTensor(recipe, still);
    const tooLarge = refusal(plan, key);
    const begin = end;
    if (tooLarge === undefined) end += tensorLength(plan, recipe);
    const [state, decodeMs = 0, computeMs = 0] = made.numbers.subarray(NUMBERS_OF_TENSORS * at);
    const times = { decodeMs: decodeMs + waitMs, computeMs };
    if (tooLarge !== undefined) {
      tensored.push({ failed: tooLarge, ...times });
    } else if (state === STATES.measured) {
      const tensor = tensorIn(data.subarray(begin, end), plan, recipe);
      tensored.push({ tensor, size: sizeOf(still), ...times });
    } else if (state === STATES.damaged) {
      const detail = made.details[damaged++] ?? '';
      tensored.push({ failed: failedRow(key, 'DECODE_FAILED'), ...times, detail });
    } else {
      const decoded = await (await prepareBySharp(input, key)).pixels();
      tensored.push(await tensorOfPixels(addon, key, decoded, recipe, to?.subarray(begin, end)));
    }
  }
  return tensored;
}

/**
 * The tensor of an image that another kernel has decoded.
 *
 * @param to where it comes, if the addon can write there
 */
export async function tensorOfPixels(
  addon: NativeAddon,
  key: string,
  { pixels, failed, ...decoded }: Decoded,
  recipe: TensorRecipe,
  to?: Uint8Array,
): Promise<Tensored> {
  if (pixels === undefined) return { failed, computeMs: 0, ...decoded };
  const started = performance.now();
  const { data, ...size } = pixels;
  const plan = planTensor(recipe, size);
  const tooLarge = refusal(plan, key);
  if (tooLarge !== undefined) return { failed: tooLarge, computeMs: 0, ...decoded };
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const numbers = Uint32Array.from(numbersOf(size, plan, 1, true));
  const made = await addon.tensors([bytes], numbers, settingsOf(recipe), to);
  if (made.numbers[0] !== STATES.measured)
    throw new RangeError(`the pixels of ${key} gave no tensor: there was no memory for it`);
  const tensor = tensorIn(dataOf(made, to), plan, recipe);
  return { tensor, size, computeMs: performance.now() - started, ...decoded };
}

/** What the addon takes (native/src/tensor.rs); nothing is made of an image that would be too large. */
function numbersOf(
  { width, height }: TensorSize,
  plan: TensorPlan,
  pieces: number,
  decoded: boolean,
): number[] {
  const { resized, left, top, crop } = plan;
  const made = isTooLarge(plan)
    ? [0, 0, 0, 0, 0, 0]
    : [resized.width, resized.height, left, top, crop.width, crop.height];
  const numbers = [width, height, pieces, Number(decoded), ...made];
  if (numbers.length !== NUMBERS_IN_OF_TENSORS) throw new RangeError('other numbers than the addon takes');
  return numbers;
}

function settingsOf({
  filter,
  layout,
  type,
  mean = [0, 0, 0],
  std = [1, 1, 1],
}: TensorRecipe): TensorSettings {
  const planar = layout === 'nchw';
  return {
    filter: TENSOR_FILTERS.indexOf(filter),
    planar,
    ...(type === 'float32' && { constants: [...mean, ...std] }),
  };
}

/** What becomes of an image that would be resized to too many pixels, as its header tells before it is decoded. */
export function tooLargeTensor(recipe: TensorRecipe, size: TensorSize, key: string): Tensored | undefined {
  const failed = refusal(planTensor(recipe, size), key);
  return failed && { failed, decodeMs: 0, computeMs: 0 };
}

/** Where the tensors are: an addon that cannot write to where they are to come gives bytes of its own. */
function dataOf({ data }: MadeTensors, to: Uint8Array | undefined): Uint8Array {
  return data.length === 0 && to !== undefined ? to : data;
}

function refusal(plan: TensorPlan, key: string): FailedRow | undefined {
  return isTooLarge(plan) ? failedRow(key, 'TOO_MANY_PIXELS') : undefined;
}

function tensorIn(bytes: Uint8Array, { crop }: TensorPlan, { layout, type }: TensorRecipe): Tensor {
  const { width, height } = crop;
  const data = type === 'uint8' ? bytes : new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return { shape: layout === 'nchw' ? [3, height, width] : [height, width, 3], data };
}

function sizeOf({ width, height }: TensorSize): TensorSize {
  return { width, height };
}
