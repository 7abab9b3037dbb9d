/** fanfleet's nearest neighbours, `native` or `portable`: all queries in one call, so on one thread. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KernelChoice } from '../../src/contract/kernel-choice.ts';
import { prepareNearest } from '../../src/kernel/nearest.ts';
import { serve } from './serve.ts';

await serve(async ({ folder }, variant) => {
  const { length, k } = JSON.parse(await readFile(join(folder, 'problem.json'), 'utf8'));
  const nearest = await prepareNearest(
    await readFile(join(folder, 'training.bin')),
    length,
    variant as KernelChoice,
  );
  const queries = await readFile(join(folder, 'queries.bin'));
  return async () => {
    const { indices } = await nearest.find(queries, k);
    return Array.from({ length: queries.length / length }, (_, at) => [
      ...indices.subarray(at * k, at * k + k),
    ]);
  };
});
