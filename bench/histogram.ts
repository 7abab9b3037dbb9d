/**
 * What the histogram of a dataset costs beside its statistics: the same images in memory, in pairs, one after the other.
 *
 * node bench/histogram.ts <folder of images> [pairs]
 */
import { readFileSync } from 'node:fs';
import { findFiles } from '../src/dataset/files/find-files.ts';
import { lookAtPaths } from '../src/dataset/files/named-paths.ts';
import { nothingPassedOver } from '../src/dataset/files/passed-over.ts';
import { hasImageSuffix } from '../src/dataset/image-type.ts';
import { chooseKernel } from '../src/kernel/choose-kernel.ts';
import { ValueCounts } from '../src/kernel/histogram.ts';
import type { Prepared } from '../src/kernel/kernel.ts';
import { countImage } from '../src/kernel/prepared.ts';
import { median, quantile } from '../src/statistics/median.ts';

const [folder = '.', pairs = '21'] = process.argv.slice(2);
const GROUP_IMAGES = 256;

for (const name of ['native', 'portable'] as const) {
  const kernel = await chooseKernel(name);
  const options = { accept: hasImageSuffix, passedOver: nothingPassedOver() };
  const files = (await Array.fromAsync(findFiles(lookAtPaths([folder], hasImageSuffix), options))).flat();
  const images = files.map(({ key, path }) => kernel.prepare(readFileSync(path), key));
  const statistics = (group: Prepared[]) =>
    kernel.measureAll?.(group, 'stats') ?? Promise.all(group.map((image) => image.measure('stats')));
  const histogram = (group: Prepared[]) => {
    const counts = new ValueCounts();
    return kernel.countAll?.(group, counts) ?? Promise.all(group.map((image) => countImage(image, counts)));
  };
  const ratios: number[] = [];
  const usPerImage: number[] = [];
  for (let pair = 0; pair < Number(pairs); pair += 1) {
    const order = pair % 2 === 0 ? [statistics, histogram] : [histogram, statistics];
    const times = new Map<unknown, number>();
    for (const work of order) times.set(work, await cpuMs(images, work));
    ratios.push((times.get(histogram) ?? 0) / (times.get(statistics) ?? 1));
    usPerImage.push(((times.get(statistics) ?? 0) / images.length) * 1000);
  }
  const sorted = ratios.toSorted((a, b) => a - b);
  const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(sorted, part).toFixed(3));
  process.stdout.write(
    `${kernel.name}: ${images.length} images, stats ${median(usPerImage).toFixed(0)} us of CPU each; ` +
      `histogram / stats ${middle} (half of the pairs ${low} to ${high})\n`,
  );
}

/** CPU time of the process: that of the wall is the machine's business too. */
async function cpuMs(images: Prepared[], work: (group: Prepared[]) => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let at = 0; at < images.length; at += GROUP_IMAGES) await work(images.slice(at, at + GROUP_IMAGES));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
