import { STATES } from '../addon-numbers.ts';
import type { WasmInstance } from './instance.ts';

/** Bytes for the decoder's words about an image. */
export const DETAIL = 256;

/** Numbers of 64 bits. */
export function numbersAt(wasm: WasmInstance, address: number, count: number): Float64Array {
  return Float64Array.from(new BigUint64Array(wasm.calls.memory.buffer, address, count), Number);
}

/** What the decoder says of each damaged image. */
export function detailsAt(
  wasm: WasmInstance,
  address: number,
  numbers: Float64Array,
  perImage: number,
): string[] {
  let damaged = 0;
  for (let at = 0; at < numbers.length; at += perImage) damaged += numbers[at] === STATES.damaged ? 1 : 0;
  return Array.from({ length: damaged }, (_, at) => wasm.text(address + DETAIL * at, DETAIL));
}
