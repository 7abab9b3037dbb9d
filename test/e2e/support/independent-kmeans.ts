import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../../scripts/own-stack/cli.ts';
import { withFewOf } from './few-of-sample.ts';

const run = promisify(execFile);

/** A stage as the independent computation gives it. */
export interface IndependentStage {
  readonly outcome: string;
  readonly rows: readonly string[];
}

export interface Clustering {
  /** So many of the digits are clustered, the first ones. */
  readonly images: number;
  readonly k: number;
  readonly maxIterations: number;
  /** Of their keys. */
  readonly prefix: string;
}

/** The stages of `kmeans` over digits by another program: fractions on Pillow's pixels, from first centres that it chooses itself. */
export async function independentKmeans({
  images,
  k,
  maxIterations,
  prefix,
}: Clustering): Promise<readonly IndependentStage[]> {
  const { stdout } = await withFewOf('digits', images, (folder) =>
    run(
      `${ROOT}/.venv/bin/python`,
      [
        ...['-B', join(ROOT, 'test/fixtures/independent_kmeans.py'), folder, '--prefix', prefix],
        ...['--plus-plus', String(k), '--max-iterations', String(maxIterations)],
      ],
      { maxBuffer: 256 * 1024 * 1024 },
    ),
  );
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as IndependentStage);
}

/** The digest of an arm that did these stages: of what each came to, and of the rows of the last one. */
export function digestOfStages(stages: readonly IndependentStage[]): string {
  const hash = createHash('sha256');
  for (const { outcome } of stages) hash.update(outcome);
  for (const row of stages.at(-1)?.rows ?? []) hash.update(`${row}\n`);
  return hash.digest('hex');
}
