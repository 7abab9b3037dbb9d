/** sharp by itself: `stats` as its documentation has it, or `scan`, raw pixels and a loop over them. */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts';
import { jobPaths } from '../job.ts';
import type { StatisticsRow } from '../statistics-row.ts';
import { serve } from './serve.ts';

/** Images under way: six for two cores was the fastest. */
const OVERLAP_PER_CORE = 3;

await serve(async (job, variant) => {
  sharp.concurrency(1);
  sharp.cache(false);
  const measure = variant === 'stats' ? stats : scan;
  const paths = jobPaths(job);
  const files = job.source === 'memory' ? await Promise.all(paths.map((path) => readFile(path))) : paths;
  return async () => {
    const rows: StatisticsRow[] = new Array(files.length);
    await forEachConcurrent<string | Buffer>(files, OVERLAP_PER_CORE * job.threads, async (file, at) => {
      rows[at] = await measure(file);
    });
    return rows;
  };
});

async function stats(file: string | Buffer): Promise<StatisticsRow> {
  const { channels } = await sharp(file).stats();
  // A grey image has one channel there.
  const colours =
    channels.length < 3 ? channels.slice(0, 1).concat(channels[0] ?? [], channels[0] ?? []) : channels;
  const rgb = colours.slice(0, 3);
  return [...rgb.map(({ sum }) => sum), ...rgb.map(({ min }) => min), ...rgb.map(({ max }) => max)];
}

async function scan(file: string | Buffer): Promise<StatisticsRow> {
  const pixels = await sharp(file).toColourspace('srgb').removeAlpha().raw().toBuffer();
  const [sums, minima, maxima] = [
    [0, 0, 0],
    [255, 255, 255],
    [0, 0, 0],
  ];
  for (let channel = 0; channel < 3; channel += 1) {
    let [sum, min, max] = [0, 255, 0];
    for (let at = channel; at < pixels.length; at += 3) {
      const value = pixels[at] as number;
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    sums[channel] = sum;
    minima[channel] = min;
    maxima[channel] = max;
  }
  return [...sums, ...minima, ...maxima];
}
