import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { integerBetween, seededRandom } from '../src/statistics/random.ts';

export type CentresProblem = {
  /** One behind the other. */
  readonly vectors: Uint8Array;
  /** Bytes of each. */
  readonly length: number;
  /** The first vectors are the centres that K-Means begins with. */
  readonly k: number;
  readonly iterations: number;
};

/** Values of 0 to 16, as those of scikit-learn's digits. */
const MOST = 16;
/** Kinds of vectors: more than centres, so that these move for long. */
const KINDS = 40;
const NOISE = 5;

/** Vectors of some kinds with noise, in 17 steps from 0 to 255, the same for a seed. */
export function centresProblem(
  { count, length, k, iterations }: { count: number; length: number; k: number; iterations: number },
  seed: number,
): CentresProblem {
  const random = seededRandom(seed);
  const kinds = Uint8Array.from({ length: KINDS * length }, () => integerBetween(random, 0, MOST));
  const bytes = Uint8Array.from({ length: MOST + 1 }, (_, value) => Math.round((255 * value) / MOST));
  const vectors = new Uint8Array(count * length);
  for (let at = 0; at < vectors.length; at += length) {
    const kind = length * integerBetween(random, 0, KINDS - 1);
    for (let index = 0; index < length; index += 1) {
      const value = (kinds[kind + index] ?? 0) + integerBetween(random, -NOISE, NOISE);
      vectors[at + index] = bytes[Math.min(MOST, Math.max(0, value))] ?? 0;
    }
  }
  return { vectors, length, k, iterations };
}

/** Where contenders look for it. */
export async function writeCentresProblem(
  folder: string,
  { vectors, ...rest }: CentresProblem,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'vectors.bin'), vectors);
  await writeFile(join(folder, 'problem.json'), JSON.stringify(rest));
}
