import type { Kernel } from '../kernel.ts';
import type { NativeAddon } from '../native-addon.ts';
import { createNativeKernel } from '../native-kernel.ts';
import { loadWasm } from './load-wasm.ts';
import type { MeasureAnswer, NormaliseAnswer, PixelsAnswer, TensorsAnswer } from './messages.ts';
import { WasmPool } from './pool.ts';
import { sharedPool } from './shared-pool.ts';

/**
 * The sources of the native kernel as WebAssembly: it needs nothing to be built, and is slower, since WebAssembly has
 * vectors of 16 bytes at most.
 *
 * @param threads of its own, as many images as are decoded at once @default those of the process
 */
export function createWasmKernel(threads?: number): Kernel {
  return createNativeKernel(wasmAddon(threads), { name: 'wasm', copies: true });
}

/** The calls of the addon, done by a pool of threads. */
export function wasmAddon(threads?: number): NativeAddon {
  const pool = threads === undefined ? sharedPool : new WasmPool(threads, loadWasm);
  return {
    measure: async (pieces, images, wanted) =>
      (await pool.run({ kind: 'measure', images, wanted }, pieces)) as MeasureAnswer,
    pixels: async (pieces, images) => (await pool.run({ kind: 'pixels', images }, pieces)) as PixelsAnswer,
    tensors: async (pieces, images, settings) =>
      (await pool.run({ kind: 'tensors', images, settings }, pieces)) as TensorsAnswer,
    normalise: async (pieces, settings) => {
      const { output, ...rest } = (await pool.run(
        { kind: 'normalise', settings },
        pieces,
      )) as NormaliseAnswer;
      return { ...rest, ...(output && { output: Buffer.from(output.buffer, 0, output.length) }) };
    },
  };
}
