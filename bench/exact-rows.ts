import { createSharpKernel } from '../src/kernel/sharp-kernel.ts';
import { type StatisticsRow, statisticsOf } from './statistics-row.ts';

const kernel = createSharpKernel();

/** What every contender has to find in an image: by the sharp kernel, whose libjpeg-turbo is not the native one's. */
export async function exactRow(file: Buffer): Promise<StatisticsRow> {
  const { row } = await kernel.prepare(file, '').measure('stats');
  return statisticsOf(row);
}
