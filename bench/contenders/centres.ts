/** K-Means by fanfleet's centres, `native` or `portable`: all vectors in one call, so on one thread. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KernelChoice } from '../../src/contract/kernel-choice.ts';
import { lloyd } from '../lloyd.ts';
import { serve } from './serve.ts';

await serve(async ({ folder }, variant) => {
  const problem = JSON.parse(await readFile(join(folder, 'problem.json'), 'utf8'));
  const vectors = await readFile(join(folder, 'vectors.bin'));
  return async () => {
    const { labels } = await lloyd({ ...problem, vectors }, variant as KernelChoice);
    return [labels];
  };
});
