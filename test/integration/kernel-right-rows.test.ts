import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFailed, type Row } from '../../src/contract/row.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../src/kernel/wasm/wasm-kernel.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';

/**
 * What odd images of two pixels must give, worked out by hand from their bytes: (200, 100, 50, 128) and
 * (10, 20, 30, 255), or the grey values 80 and 200, of which the first is clear.
 */
const OVER_BLACK = {
  ...{ width: 2, height: 1, channels: 3, sum: [110, 70, 55], sumSq: [10_100, 2_900, 1_525] },
  ...{ min: [10, 20, 25], max: [100, 50, 30], mean_e6: [55_000_000, 35_000_000, 27_500_000] },
};
const AS_STORED = {
  ...{ width: 2, height: 1, channels: 3, sum: [210, 120, 80], sumSq: [40_100, 10_400, 3_400] },
  ...{ min: [10, 20, 30], max: [200, 100, 50], mean_e6: [105_000_000, 60_000_000, 40_000_000] },
};
const WITH_CLEAR_GREY = {
  ...{ width: 2, height: 1, channels: 3, sum: Array(3).fill(200), sumSq: Array(3).fill(40_000) },
  ...{ min: [0, 0, 0], max: Array(3).fill(200), mean_e6: Array(3).fill(100_000_000) },
};

const BY_HAND = [
  { what: 'WebP: alpha that the header does not tell of', names: /^alpha-behind-flags-/, row: OVER_BLACK },
  {
    what: 'WebP: other chunks around the picture',
    names: /^(unknown-chunk.*|unpadded-end|bytes-behind-picture)\.webp$/,
    row: OVER_BLACK,
  },
  {
    what: 'WebP: alpha that the picture does not use',
    names: /^(alpha-that-is-unused|opaque-behind-alpha-flag)\.webp$/,
    row: AS_STORED,
  },
  {
    what: 'PNG: bits above the depth in a clear grey',
    names: /^grey-8-trns-high-bits\.png$/,
    row: WITH_CLEAR_GREY,
  },
  { what: 'TIFF: unassociated alpha', names: /^four-unassociated\.tif$/, row: OVER_BLACK },
  {
    what: 'TIFF: a fourth sample that is no alpha, or that the colours were multiplied with',
    names: /^four-(associated|unspecified|undeclared).*\.tif$/,
    row: AS_STORED,
  },
];

/** Odd images that must give the row of a plain one. */
const LIKE_PLAIN = [
  { plain: '32x24.jpg', names: /^lines(-twice|-progressive|-progressive-at-end)?\.jpg$/ },
  {
    plain: '32x24.jpg',
    names: /^(adobe-ycc.*|no-(hint|restarts|huffman-tables)|jfif-thumbnail|fill-bytes)\.jpg$/,
  },
  { plain: '32x24.jpg', names: /^(adobe-rgb|letters)-behind-jfif\.jpg$/ },
  { plain: 'letters.jpg', names: /^adobe-rgb\.jpg$/ },
  { plain: 'rgb-8-trns.png', names: /^rgb-8-trns-high-bits\.png$/ },
  { plain: 'palette-trns-as-long.png', names: /^palette-(trns-too-long|too-long-trns)\.png$/ },
  { plain: 'palette-trns-empty.png', names: /^palette-too-long\.png$/ },
  { plain: 'significant-bits.png', names: /^(rgb-with-.*palette.*|broken-profile)\.png$/ },
  { plain: 'rgb.png', names: /^apng.*\.png$/ },
  { plain: 'lossy-alpha.webp', names: /^(plane-behind-no-flag|plane-without-header|two-planes)\.webp$/ },
  { plain: 'lossless-alpha.webp', names: /^(plane-before-lossless|animation-called-still)\.webp$/ },
  { plain: 'lossy.webp', names: /^still-called-animation\.webp$/ },
  { plain: 'whole.tif', names: /^(old-|two-)?reduced-(first|last|mask|below).*\.tif$/ },
  { plain: 'whole.tif', names: /^(mask-first|(one-)?whole-below-reduced|page-first|whole-leads.*)\.tif$/ },
  { plain: 'whole.tif', names: /^(undefined-format|one-depth-for-all|no-strip-lengths)\.tif$/ },
  { plain: 'grey-and-unspecified.tif', names: /^grey-and-(associated|undeclared)\.tif$/ },
  { plain: 'static.gif', names: /^(own-table|two-tables|unknown-extension|text-extension)\.gif$/ },
];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-right-'));
  fixtureLines(['odd_images.py', folder]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const addon = loadAddon();
const kernels = [
  createSharpKernel(),
  createWasmKernel(),
  ...(addon === undefined ? [] : [createNativeKernel(addon)]),
].map((kernel) => ({
  name: kernel.name,
  rows: async () =>
    Promise.all(
      readdirSync(folder).map(async (name) => {
        const { row } = await kernel.prepare(readFileSync(join(folder, name)), name).measure('stats');
        return row;
      }),
    ),
}));
const ofPython = PYTHON_KERNELS.map((kernel) => ({
  name: `${kernel} in Python`,
  rows: async () =>
    fixtureLines(['kernel_rows.py', folder, 'stats'], { kernel }).map((line): Row => JSON.parse(line)),
}));

describe.each([...kernels, ...ofPython])(
  'odd images that can be read in one way only, by $name',
  ({ rows }) => {
    let found: ReadonlyMap<string, Row> = new Map();
    beforeAll(async () => {
      found = new Map((await rows()).map((row) => [row.key, row]));
    });
    const matching = (names: RegExp) => [...found.values()].filter(({ key }) => names.test(key));

    test.each(BY_HAND)('$what', ({ names, row }) => {
      const alike = matching(names);
      expect(alike).not.toEqual([]);
      for (const each of alike) expect(each).toEqual({ key: each.key, ...row });
    });

    test.each(LIKE_PLAIN)('as $plain: $names', ({ plain, names }) => {
      const expected = found.get(plain);
      if (expected === undefined || isFailed(expected)) throw new Error(`${plain} is not measured`);
      const alike = matching(names);
      expect(alike).not.toEqual([]);
      for (const each of alike) expect({ ...each, key: plain }).toEqual(expected);
    });
  },
);
