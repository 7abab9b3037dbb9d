import { NUMBERS_IN_OF_TENSORS, NUMBERS_OF_TENSORS } from '../addon-numbers.ts';
import { DETAIL, detailsAt, numbersAt } from './answers.ts';
import { OutOfMemory, type WasmInstance } from './instance.ts';
import type { ImageJob, TensorsAnswer } from './messages.ts';
import type { Scratch } from './scratch.ts';

/** Bytes of the structure `TensorSettings` of native/src/tensor_abi.rs. */
const SETTINGS = 36;

/** Make tensors of images whose pieces are in two tables. */
export function runTensorsJob(
  wasm: WasmInstance,
  scratch: Scratch,
  { files, pieces }: { readonly files: number; readonly pieces: number },
  { images, settings }: ImageJob & { kind: 'tensors' },
): TensorsAnswer {
  const { filter, planar, constants } = settings;
  const count = images.length / NUMBERS_IN_OF_TENSORS;
  const bytes = tensorsLength(images, constants !== undefined);
  const sizes = scratch.take(4 * images.length);
  const asked = scratch.take(SETTINGS);
  const found = scratch.take(8 * NUMBERS_OF_TENSORS * count);
  const details = scratch.take(DETAIL * count);
  const tensors = scratch.take(Math.max(1, bytes));
  new Uint32Array(wasm.calls.memory.buffer, sizes, images.length).set(images);
  const flags = [filter, Number(planar), Number(constants !== undefined)];
  new Uint32Array(wasm.calls.memory.buffer, asked, 3).set(flags);
  new Float32Array(wasm.calls.memory.buffer, asked + 12, 6).set(constants ?? []);
  const { calls } = wasm;
  const fits = calls.fanfleet_tensors(files, pieces, sizes, count, asked, tensors, bytes, found, details);
  if (fits === 0) throw new OutOfMemory();

  const numbers = numbersAt(wasm, found, NUMBERS_OF_TENSORS * count);
  for (let at = 0; at < numbers.length; at += 1)
    if (at % NUMBERS_OF_TENSORS > 0) numbers[at] = (numbers[at] ?? 0) / 1e6;
  const data = new Uint8Array(wasm.bytes(tensors, bytes));
  return { data, numbers, details: detailsAt(wasm, details, numbers, NUMBERS_OF_TENSORS) };
}

function tensorsLength(images: Uint32Array, floats: boolean): number {
  let values = 0;
  for (let at = 0; at < images.length; at += NUMBERS_IN_OF_TENSORS)
    values += 3 * (images[at + 8] ?? 0) * (images[at + 9] ?? 0);
  return values * (floats ? 4 : 1);
}
