import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { KERNEL_WASM } from './kernel-wasm.ts';

/** The sources of the native kernel, compiled. What needs a part of them alone, such as the nearest, does not load the kernel of images. */
export async function loadWasm(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await promisify(brotliDecompress)(Buffer.from(KERNEL_WASM, 'base64')));
}
