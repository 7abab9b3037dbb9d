import type { Reducer, StageState } from '../workload.ts';
import { type CnnWork, LEARNT, stagesOf } from './params.ts';
import { readShard } from './shard.ts';
import { type Found, readState, writeState } from './state.ts';

/**
 * The mean of what the shards have learnt, each as often as it has images to learn from: added up in doubles, in the order of the
 * shards, divided, and then rounded to float32. Where none has learnt the values stay.
 *
 * @throws FanfleetError `OUTCOME_DAMAGED` where the state is none
 */
export function cnnReducer(work: CnnWork, { number, state }: StageState): Reducer {
  const { side, classes, values } = readState(state);
  const sums = new Float64Array(values.length);
  const train: [number, number] = [0, 0];
  const test: [number, number] = [0, 0];
  let [images, steps, loss] = [0, 0, 0];
  return {
    folder: LEARNT,
    add(file) {
      const shard = readShard(file, values.length);
      addTo(train, shard.train);
      addTo(test, shard.test);
      if (shard.values === null) return;
      images += shard.images;
      steps += shard.steps;
      loss += shard.loss;
      for (let at = 0; at < sums.length; at += 1) {
        sums[at] = (sums[at] ?? 0) + shard.images * (shard.values[at] ?? 0);
      }
    },
    finish() {
      const found: Found = { loss: steps === 0 ? null : rounded(loss, steps), train, test };
      const learnt = images === 0 ? values : Float32Array.from(sums, (sum) => sum / images);
      return {
        outcome: writeState({ side, classes, found, values: learnt }),
        isLast: number + 1 >= stagesOf(work),
      };
    },
  };
}

function addTo(total: [number, number], [right, all]: readonly [number, number]): void {
  total[0] += right;
  total[1] += all;
}

/** Half up, exact. */
function rounded(sum: number, count: number): number {
  return Number((2n * BigInt(sum) + BigInt(count)) / (2n * BigInt(count)));
}
