import { availableParallelism } from 'node:os';
import { loadWasm } from './load-wasm.ts';
import { WasmPool } from './pool.ts';

/**
 * The threads of this process, for images, training sets and centres alike: to start one takes as much CPU time (35 ms) as
 * some thousand small images.
 */
export const sharedPool = new WasmPool(availableParallelism(), loadWasm);
