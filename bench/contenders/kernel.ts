/** fanfleet's TypeScript kernels: `native` or `portable`, as `fanfleet stats` and `measure` use them. */
import { readFileSync } from 'node:fs';
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts';
import { KERNEL_CHOICES } from '../../src/contract/kernel-choice.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { measureLocalFiles } from '../../src/local/measure-files.ts';
import { type Job, jobPaths } from '../job.ts';
import { type StatisticsRow, statisticsOf } from '../statistics-row.ts';
import { type Pass, serve } from './serve.ts';

/** As `fanfleet stats` has for a core. */
const OVERLAP_PER_CORE = 2;

await serve(async (job, variant) => {
  const kernel = await chooseKernel(KERNEL_CHOICES.find((name) => name === variant));
  return job.source === 'memory' ? fromMemory(kernel, job) : fromFiles(kernel, job);
});

function fromMemory(kernel: Kernel, job: Job): Pass {
  const inputs = jobPaths(job).map((path) => ({ path, data: readFileSync(path) }));
  return async () => {
    const prepared = inputs.map(({ path, data }) => kernel.prepare(data, path));
    if (kernel.measureAll) {
      return (await kernel.measureAll(prepared, 'stats')).map(({ row }) => statisticsOf(row));
    }
    const rows: StatisticsRow[] = new Array(prepared.length);
    await forEachConcurrent(prepared, OVERLAP_PER_CORE * job.threads, async (image, at) => {
      rows[at] = statisticsOf((await image.measure('stats')).row);
    });
    return rows;
  };
}

function fromFiles(kernel: Kernel, { folder, threads }: Job): Pass {
  return async () => {
    const rows: StatisticsRow[] = [];
    const options = { kernel, operation: 'stats', overlap: OVERLAP_PER_CORE * threads } as const;
    for await (const { row } of measureLocalFiles([folder], options)) rows.push(statisticsOf(row));
    return rows;
  };
}
