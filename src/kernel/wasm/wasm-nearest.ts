import { FanfleetError } from '../../errors.ts';
import type { Neighbours } from '../native-addon.ts';
import type { Preparation } from './pool-worker.ts';
import { sharedPool } from './shared-pool.ts';

/** Frees what threads have prepared of training sets that nobody has any more, nor a call that is still under way. */
const unused = new FinalizationRegistry<number>((number) => sharedPool.release(number));
let made = 0;

/** A training set, in the memory of each thread that was asked for the nearest of it. */
export class WasmTraining {
  readonly #training: Preparation;

  /** @param vectors must not change any more */
  constructor(vectors: Buffer, length: number) {
    made += 1;
    this.#training = {
      number: made,
      job: { kind: 'prepare-nearest', training: made, length },
      pieces: [vectors],
    };
    unused.register(this.#training, made);
  }

  /** @throws FanfleetError `OUT_OF_MEMORY` */
  async find(queries: Buffer, k: number): Promise<Neighbours> {
    const training = this.#training;
    const answer = await sharedPool.run(
      { kind: 'find-nearest', training: training.number, k },
      [queries],
      training,
    );
    if (typeof answer === 'object') return answer;
    const message =
      'Expected memory for a training set and its queries as WebAssembly, which has 4 GiB at most, but there is too little: npm run build:native, or find fewer at once.';
    throw new FanfleetError('OUT_OF_MEMORY', message, { source: 'user' });
  }
}
