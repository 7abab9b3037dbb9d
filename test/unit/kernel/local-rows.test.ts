import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { approximationError } from '../../../src/kernel/approximation-error.ts';
import { loadAddon } from '../../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../../src/kernel/native-kernel.ts';
import { createSharpKernel } from '../../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../../src/kernel/wasm/wasm-kernel.ts';

const addon = loadAddon();
const portable = createSharpKernel();
const KERNELS = [portable, createWasmKernel(), ...(addon === undefined ? [] : [createNativeKernel(addon)])];

const [WIDTH, HEIGHT] = [53, 31];
const PIXELS = Uint8Array.from(
  { length: 3 * WIDTH * HEIGHT },
  (_, at) => ((at * at) >> 3) & (at % 3 === 2 ? 15 : 255),
);
const picture = () => sharp(PIXELS, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

describe.each(KERNELS)('a histogram of the $name kernel', (kernel) => {
  test('counts each value of each channel, behind the statistics', async () => {
    const prepared = kernel.prepare(await picture().png().toBuffer(), 'a');
    const { row } = await prepared.histogram();
    const { row: statistics } = await prepared.measure('stats');
    const histogram = [0, 1, 2].map((channel) => {
      const counts = new Array(256).fill(0);
      PIXELS.forEach((value, at) => {
        if (at % 3 === channel) counts[value] += 1;
      });
      return counts;
    });
    expect(row).toEqual({ ...statistics, histogram });
  });

  test.each(['grey', 'palette', 'webp', 'jpeg'])('of %s equals that of the portable kernel', async (kind) => {
    const input = await {
      grey: () => picture().toColourspace('b-w').jpeg(),
      palette: () => picture().png({ palette: true, colours: 7, dither: 0 }),
      webp: () => picture().webp({ lossless: true }),
      jpeg: () => picture().jpeg(),
    }
      [kind as 'grey']()
      .toBuffer();
    expect((await kernel.prepare(input, 'a').histogram()).row).toEqual(
      (await portable.prepare(input, 'a').histogram()).row,
    );
  });

  test('of an image that fails is its error', async () => {
    expect((await kernel.prepare(Buffer.from('text'), 'a').histogram()).row).toMatchObject({
      error: { code: 'NOT_AN_IMAGE' },
    });
  });
});

describe.each(KERNELS.filter((kernel) => kernel !== portable))('approximate means by $name', (kernel) => {
  test('of a smooth JPEG of any size are near, and cannot be taken for exact ones', async () => {
    for (const [width, height] of [
      [1, 1],
      [7, 9],
      [401, 301],
    ] as const) {
      const input = await picture()
        .resize(width, height, { fit: 'fill', kernel: 'cubic' })
        .jpeg({ quality: 95 })
        .toBuffer();
      const prepared = kernel.prepare(input, 'a');
      const approximate = (await prepared.approximate()).row;
      const { row: exact } = await prepared.measure('mean');
      expect(approximate).toEqual({
        ...{ key: 'a', width, height, channels: 3, approximate: true },
        mean_approx_e6: expect.any(Array),
      });
      if ('error' in approximate || 'error' in exact) throw new Error('failed');
      const off = approximate.mean_approx_e6.map((mean, at) => Math.abs(mean - (exact.mean_e6?.[at] ?? 0)));
      expect(Math.max(...off)).toBeLessThan(12e6);
    }
  });

  test.each(['png', 'webp'] as const)('of %s are exact, and still called approximate', async (format) => {
    const input = await picture().toFormat(format, { lossless: true }).toBuffer();
    const prepared = kernel.prepare(input, 'a');
    const { row } = await prepared.measure('mean');
    expect((await prepared.approximate()).row).toMatchObject({
      approximate: true,
      mean_approx_e6: 'mean_e6' in row ? row.mean_e6 : [],
    });
  });

  test('of an image that fails are its error', async () => {
    expect((await kernel.prepare(Buffer.from('text'), 'a').approximate()).row).toMatchObject({
      error: { code: 'NOT_AN_IMAGE' },
    });
  });
});

test('a kernel without a shortcut gives the exact means for approximate ones', async () => {
  const prepared = portable.prepare(await picture().jpeg().toBuffer(), 'a');
  const [approximate, exact] = [await prepared.approximate(), await prepared.measure('mean')];
  expect(approximate.row).toMatchObject({ approximate: true });
  expect(exact.row).toMatchObject({
    mean_e6: 'mean_approx_e6' in approximate.row ? approximate.row.mean_approx_e6 : [],
  });
});

test('the error of approximate means is the median and the maximum over images, per channel', () => {
  const size = { key: 'a', width: 1, height: 1, channels: 3 } as const;
  const pair = (...off: [number, number, number]) =>
    [
      { ...size, approximate: true, mean_approx_e6: [10e6 + off[0], 10e6 + off[1], 10e6 + off[2]] },
      { ...size, mean_e6: [10e6, 10e6, 10e6] },
    ] as const;
  expect(approximationError([pair(1e6, -2e6, 0), pair(-3e6, 1e6, 0), pair(0, 0, 5e5)])).toEqual({
    images: 3,
    median: [1, 1, 0],
    max: [3, 2, 0.5],
  });
  expect(approximationError([pair(1e6, 0, 0), pair(2e6, 0, 0)])?.median[0]).toBe(1.5);
  expect(approximationError([])).toBeNull();
});
