import type { WasmInstance } from './instance.ts';

/** Where in the memory of an instance the pieces of a job are: one behind the other. */
export type Input = { readonly address: number; readonly lengths: Uint32Array };

/** Memory of a job, freed when it ends. */
export class Scratch {
  readonly #wasm: WasmInstance;
  readonly #held: (readonly [address: number, bytes: number])[] = [];

  constructor(wasm: WasmInstance) {
    this.#wasm = wasm;
  }

  /** @throws OutOfMemory */
  take(bytes: number): number {
    const address = this.#wasm.allocate(bytes);
    this.#held.push([address, bytes]);
    return address;
  }

  [Symbol.dispose](): void {
    for (const [address, bytes] of this.#held) this.#wasm.calls.fanfleet_free(address, bytes);
  }
}
