import { type Centre, MOST_COUNT } from '../../kernel/centres.ts';
import type { Reducer, StageState } from '../workload.ts';
import { inertiaText } from './inertia.ts';
import { type KmeansWork, SUMS } from './params.ts';
import { damaged, readState, writeState } from './state.ts';
import { readSums } from './sums.ts';

/**
 * The mean of the images of each cluster, which the next stage begins with; a cluster without images keeps its centre. It is the
 * last stage where no centre changes, since no image would go elsewhere then, or where it is the last that is asked for.
 *
 * @throws FanfleetError `OUTCOME_DAMAGED` where the state is none of as many clusters
 */
export function kmeansReducer({ k, maxIterations }: KmeansWork, { number, state }: StageState): Reducer {
  const { width, height, centres } = readState(state);
  if (centres.length !== k) throw damaged(`there are ${centres.length} and not ${k}`);
  const length = width * height * 3;
  const counts = new Array<number>(k).fill(0);
  const squares = new Array<bigint>(k).fill(0n);
  const sums = Array.from({ length: k }, () => new Array<number>(length).fill(0));
  return {
    folder: SUMS,
    add(file) {
      const batch = readSums(file, k, length);
      for (const [cluster, count] of batch.counts.entries()) {
        if (count === 0) continue;
        const total = (counts[cluster] ?? 0) + count;
        if (total > MOST_COUNT) throw damaged(`cluster ${cluster} would have more than 2^31 images`);
        counts[cluster] = total;
        squares[cluster] = (squares[cluster] ?? 0n) + BigInt(batch.squares[cluster] ?? 0);
        addTo(sums[cluster] ?? [], batch.sums[cluster] ?? []);
      }
    },
    finish() {
      const gathered = counts.map((count, cluster) => {
        return { count, square: squares[cluster] ?? 0n, sum: sums[cluster] ?? [] };
      });
      const next = centres.map((centre, cluster) => {
        const { count, sum } = gathered[cluster] ?? centre;
        return count === 0 ? centre : { count, sum };
      });
      const outcome = {
        width,
        height,
        centres: next,
        sizes: counts,
        inertia: inertiaText(centres, gathered),
      };
      const isLast = number + 1 >= maxIterations || next.every((centre, n) => isEqual(centre, centres[n]));
      return { outcome: writeState(outcome), isLast };
    },
  };
}

function addTo(totals: number[], values: readonly number[]): void {
  // Some million numbers of each batch: an iterator of entries takes six times as long.
  for (let place = 0; place < values.length; place += 1) {
    totals[place] = (totals[place] ?? 0) + (values[place] ?? 0);
  }
}

function isEqual(a: Centre, b: Centre | undefined): boolean {
  return a.count === b?.count && a.sum.every((value, place) => value === b.sum[place]);
}
