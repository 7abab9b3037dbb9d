import { readDigits } from '../../../src/dataset/sample-digits.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { ClustersOfRows, type KmeansAnswer } from '../../../src/workloads/kmeans/answer.ts';
import { kmeansReducer } from '../../../src/workloads/kmeans/reducer.ts';
import { kmeansParamsSchema } from '../../../src/workloads/kmeans/schema.ts';
import { readState, writeState } from '../../../src/workloads/kmeans/state.ts';
import { writeSums } from '../../../src/workloads/kmeans/sums.ts';
import { stagedInput } from './staged.ts';

const SIDE = 8;
const IMAGES = 600;

export interface ClusteredOptions {
  readonly k?: number;
  /** Instead of those that it took: of the times and of the inertia. */
  readonly stages?: number;
  /** Of the digits from 0 on; null: none is known. @default the digits */
  readonly labels?: readonly string[] | null;
  readonly maxIterations?: number;
  /** Clusters that begin at an image of no cluster, so that they stay without images. @default 0 */
  readonly empty?: number;
}

/** The first 600 handwritten digits in k clusters. */
export async function clusteredRun(options: ClusteredOptions = {}): Promise<Summary> {
  const { k = 10, maxIterations = 100 } = options;
  const answer = await clustersOfDigits(options);
  const params = kmeansParamsSchema.parse({ k, maxIterations });
  const { stages = answer.iterations } = options;
  const input = await stagedInput({ images: IMAGES, stages });
  return buildSummary({
    ...input,
    run: { ...input.run, workload: { name: 'kmeans', params } },
    arms: input.arms.map(({ aggregate, ...arm }) => ({
      ...arm,
      aggregate: aggregate && { ...aggregate, answer: { ...answer, ...iterated(answer, stages) } },
    })),
  });
}

async function clustersOfDigits({ k = 10, maxIterations = 100, empty = 0, labels }: ClusteredOptions) {
  const digits = (await readDigits()).slice(0, IMAGES);
  const vectors = digits.map(({ levels }) =>
    [...levels].flatMap((level) => Array<number>(3).fill(Math.round((level * 255) / 16))),
  );
  const names = labels === null ? null : (labels ?? Array.from('0123456789'));
  const keys = digits.map((_, i) => `digits/${String(i + 1).padStart(4, '0')}.png`);
  const known = names && Object.fromEntries(digits.map(({ label }, i) => [keys[i], names[label] ?? '']));
  const length = SIDE * SIDE * 3;
  const centres = Array.from({ length: k }, (_, cluster) => ({
    count: 1,
    // Alternating pixels are far from every digit.
    sum: cluster < k - empty ? (vectors[cluster] ?? []) : Array.from({ length }, (__, at) => 255 * (at % 2)),
  }));
  let state = Buffer.from(writeState({ width: SIDE, height: SIDE, centres, sizes: null, inertia: null }));
  const answer = new ClustersOfRows({ k, maxIterations }, { start: state, labels: known });
  for (let number = 0; ; number += 1) {
    const clusters = nearestOf(vectors, state);
    const reducer = kmeansReducer({ k, maxIterations }, { number, state });
    reducer.add(Buffer.from(sumsOf(vectors, clusters, k)));
    const { outcome, isLast } = reducer.finish();
    state = Buffer.from(outcome);
    answer.addOutcome(state);
    if (!isLast) continue;
    for (const [i, key] of keys.entries()) {
      answer.add({ key, width: SIDE, height: SIDE, channels: 3, label: String(clusters[i]) });
    }
    return answer.finish({ add: (code, what) => expectNone(`${code} ${what}`) });
  }
}

function expectNone(problem: string): never {
  throw new Error(problem);
}

function nearestOf(vectors: readonly (readonly number[])[], state: Buffer): number[] {
  const centres = readState(state).centres.map(({ count, sum }) => sum.map((value) => value / count));
  return vectors.map((vector) => {
    const distances = centres.map((centre) =>
      // R, G and B are alike.
      centre.reduce((sum, value, at) => (at % 3 === 0 ? sum + (value - (vector[at] ?? 0)) ** 2 : sum), 0),
    );
    return distances.indexOf(Math.min(...distances));
  });
}

function sumsOf(vectors: readonly (readonly number[])[], clusters: readonly number[], k: number): string {
  const members = Array.from({ length: k }, (_, cluster) =>
    vectors.filter((__, i) => clusters[i] === cluster),
  );
  const length = vectors[0]?.length ?? 0;
  return writeSums({
    counts: members.map((own) => own.length),
    squares: members.map((own) => own.flat().reduce((sum, value) => sum + value * value, 0)),
    sums: members.map((own) =>
      Array.from({ length }, (_, at) => own.reduce((sum, vector) => sum + (vector[at] ?? 0), 0)),
    ),
  });
}

/** As if it had taken so many iterations. */
function iterated({ inertia, iterations }: KmeansAnswer, stages: number): Partial<KmeansAnswer> {
  if (stages === iterations) return {};
  const last = Number(inertia.at(-1));
  const falling = Array.from({ length: stages }, (_, i) => (last * (1 + 0.4 * 0.93 ** i)).toFixed(6));
  return { iterations: stages, inertia: falling };
}
