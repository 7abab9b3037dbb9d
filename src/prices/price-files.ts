import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Prices, readPrices } from './prices.ts';
import { readStoredPrices } from './stored-prices.ts';

/** Prices of a region, and where they are from. */
export interface FoundPrices {
  readonly prices: Prices;
  /** Null for those that come with fanfleet. */
  readonly file: string | null;
}

/**
 * The newest prices of a region: of the files of a folder, `<region>-<date>.json`, and those that come with fanfleet.
 *
 * @throws FanfleetError `PRICES_MISSING` where there are none at all, `INVALID_INPUT` where the newest file is no list of prices
 */
export async function newestPrices(folder: string, region: string): Promise<FoundPrices> {
  const name = await readdir(folder).then(
    (names) =>
      names
        .filter((each) => each.startsWith(`${region}-2`) && each.endsWith('.json'))
        .sort()
        .at(-1),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (name === undefined) return { prices: readPrices(region), file: null };
  const file = join(folder, name);
  return { prices: readStoredPrices(await readFile(file, 'utf8'), region, file), file };
}

/** @returns the path of the file */
export async function writePrices(folder: string, prices: Prices): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${prices.region}-${prices.date}.json`);
  await writeFile(file, `${JSON.stringify(prices, null, 2)}\n`);
  return file;
}
