import { availableParallelism } from 'node:os';
import { FanfleetError } from '../../errors.ts';
import type { Neighbours } from '../native-addon.ts';
import { loadWasm } from './load-wasm.ts';
import { WasmPool } from './pool.ts';

/** Ends the threads of training sets that nobody has any more. */
const pools = new FinalizationRegistry<WasmPool>((pool) => pool.end());

/** A training set in the memory of each thread of a pool of its own, which is started when there is work for it. */
export class WasmTraining {
  readonly #pool: WasmPool;

  /** @param vectors must not change any more */
  constructor(vectors: Buffer, length: number, threads: number = availableParallelism()) {
    this.#pool = new WasmPool(threads, loadWasm, {
      job: { kind: 'prepare-nearest', length },
      pieces: [vectors],
    });
    pools.register(this, this.#pool);
  }

  /** @throws FanfleetError `OUT_OF_MEMORY` */
  async find(queries: Buffer, k: number): Promise<Neighbours> {
    const answer = await this.#pool.run({ kind: 'find-nearest', k }, [queries]);
    if (typeof answer === 'object') return answer;
    const message =
      'Expected memory for a training set and its queries as WebAssembly, which has 4 GiB at most, but there is too little: npm run build:native, or find fewer at once.';
    throw new FanfleetError('OUT_OF_MEMORY', message, { source: 'user' });
  }
}
