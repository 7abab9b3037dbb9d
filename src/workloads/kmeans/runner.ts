import { cached } from '../../concurrency/cached.ts';
import { isFailed } from '../../contract/row.ts';
import { type Centres, prepareCentres } from '../../kernel/centres.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { StagedRunner } from '../workload.ts';
import { SUMS } from './params.ts';
import { readState } from './state.ts';
import { writeSums } from './sums.ts';

/** Of each state and kernel, for all batches of a stage. */
const prepared = new WeakMap<Buffer, Map<string, Promise<Centres>>>();

/** Takes each image to the nearest centre, and adds up what went to each. */
export function kmeansRunner(): StagedRunner {
  return {
    size: (state) => readState(state),
    step: async ({ rows, pixels }, kernel, { state }) => {
      const { labels, ...totals } = await (await centresOf(state, kernel)).assign(pixels);
      const clusters = labels.values();
      return {
        rows: rows.map((row) => (isFailed(row) ? row : { ...row, label: String(clusters.next().value) })),
        files: [{ folder: SUMS, body: writeSums(totals) }],
      };
    },
  };
}

function centresOf(state: Buffer, kernel: Kernel): Promise<Centres> {
  const own = prepared.get(state) ?? new Map<string, Promise<Centres>>();
  prepared.set(state, own);
  return cached(own, kernel.name, async () => {
    const { width, height, centres } = readState(state);
    const length = width * height * 3;
    return kernel.centres?.(centres, length) ?? prepareCentres('portable', centres, length);
  });
}
