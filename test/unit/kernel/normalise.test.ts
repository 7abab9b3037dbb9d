import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Normalisation } from '../../../src/contract/normalisation.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { loadAddon } from '../../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../../src/kernel/native-kernel.ts';
import { createSharpKernel } from '../../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../../src/kernel/wasm/wasm-kernel.ts';

const addon = loadAddon();
const KERNELS = [
  createSharpKernel(),
  createWasmKernel(),
  ...(addon === undefined ? [] : [createNativeKernel(addon)]),
];
const PNG: Normalisation = { format: 'png', channels: 'all', quality: 90 };

/** A picture of 5 x 4 pixels whose channels have the ranges 10-29, 50-88 and 100-100. */
const [WIDTH, HEIGHT] = [5, 4];
const PIXELS = Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, at) => {
  const pixel = Math.floor(at / 3);
  return [10 + pixel, 50 + 2 * pixel, 100][at % 3] ?? 0;
});
const picture = () => sharp(PIXELS, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
const OWN = { min: [10, 50, 100], max: [29, 88, 100] } as const;

describe.each(KERNELS)('$name', (kernel) => {
  test('stretches all channels from one range', async () => {
    const { row, file } = await normalised(kernel, await picture().png().toBuffer(), PNG);
    const expected = PIXELS.map((value) => nearest(value, 10, 100));
    expect((await pixelsOf(file)).equals(expected)).toBe(true);
    expect(row).toEqual({
      ...{ key: 'a', width: WIDTH, height: HEIGHT, channels: 3, ...OWN },
      output: { sha256: hash('sha256', file) },
    });
    expect(Object.keys(row)).toEqual(['key', 'width', 'height', 'channels', 'min', 'max', 'output']);
  });

  test('stretches each channel from its own, one without a range to 0', async () => {
    const input = await picture().png().toBuffer();
    const { file } = await normalised(kernel, input, { ...PNG, channels: 'each' });
    const expected = PIXELS.map((value, at) => {
      const [min, max] = [OWN.min[at % 3] ?? 0, OWN.max[at % 3] ?? 0];
      return min === max ? 0 : nearest(value, min, max);
    });
    expect((await pixelsOf(file)).equals(expected)).toBe(true);
  });

  test('stretches from the range of a dataset, cut off at its ends, and tells its own', async () => {
    const range = { min: [15, 60, 0], max: [20, 70, 255] } as const;
    const input = await picture().png().toBuffer();
    const { row, file } = await normalised(kernel, input, { ...PNG, channels: 'each', range });
    const expected = PIXELS.map((value, at) => {
      const [min, max] = [range.min[at % 3] ?? 0, range.max[at % 3] ?? 0];
      return nearest(Math.min(Math.max(value, min), max), min, max);
    });
    expect((await pixelsOf(file)).equals(expected)).toBe(true);
    expect(row).toMatchObject(OWN);
  });

  test('writes float32 behind the header of a NumPy array', async () => {
    const input = await picture().png().toBuffer();
    const { row, file } = await normalised(kernel, input, { ...PNG, format: 'npy' });
    const numbers = Array.from(PIXELS, (_, at) => file.readFloatLE(128 + 4 * at));
    expect(file.length).toBe(128 + 4 * PIXELS.length);
    expect(numbers).toEqual(Array.from(PIXELS, (value) => Math.fround((value - 10) / 90)));
    expect(row.output).toEqual({ sha256: hash('sha256', file) });
  });

  test('writes JPEG of 4:2:0, whose row vouches for the pixels before it', async () => {
    const input = await picture().png().toBuffer();
    const { row, file } = await normalised(kernel, input, { ...PNG, format: 'jpeg', quality: 100 });
    const expected = PIXELS.map((value) => nearest(value, 10, 100));
    expect(row.output).toEqual({ pixels_crc32: crc32(expected) });
    expect(await sharp(file).metadata()).toMatchObject({
      ...{ width: WIDTH, height: HEIGHT, format: 'jpeg', chromaSubsampling: '4:2:0', isProgressive: false },
    });
  });

  test('spreads grey to RGB', async () => {
    const grey = await picture().toColourspace('b-w').jpeg().toBuffer();
    const { row, file } = await normalised(kernel, grey, PNG);
    const pixels = await pixelsOf(file);
    expect(pixels.length).toBe(PIXELS.length);
    expect(pixels.every((value, at) => value === pixels[at - (at % 3)])).toBe(true);
    expect(new Set(row.min)).toHaveLength(1);
  });

  test('makes black of an image without a range', async () => {
    const plain = { create: { width: 3, height: 3, channels: 3 as const, background: '#808080' } };
    const { file } = await normalised(kernel, await sharp(plain).png().toBuffer(), PNG);
    expect(new Set(await pixelsOf(file))).toEqual(new Set([0]));
  });

  test.each(['png', 'npy', 'jpeg'] as const)('gives no %s of an image that fails', async (format) => {
    const jpeg = await picture().jpeg().toBuffer();
    const tables = jpeg.indexOf(Buffer.of(0xff, 0xdb));
    const without = Buffer.concat([
      jpeg.subarray(0, tables),
      jpeg.subarray(jpeg.indexOf(Buffer.of(0xff, 0xc0))),
    ]);
    const refused = await kernel.prepare(Buffer.from('text'), 'a').normalise({ ...PNG, format });
    const damaged = await kernel.prepare(without, 'a').normalise({ ...PNG, format });
    expect(refused).toMatchObject({ row: { key: 'a', error: { code: 'NOT_AN_IMAGE' } } });
    expect(damaged).toMatchObject({ row: { error: { code: 'DECODE_FAILED' } }, detail: expect.any(String) });
    expect([refused.file, damaged.file]).toEqual([undefined, undefined]);
  });

  test('refuses a side that no JPEG has, as JPEG only', async () => {
    const wide = { create: { width: 65_501, height: 1, channels: 3 as const, background: '#808080' } };
    const prepared = kernel.prepare(await sharp(wide).png().toBuffer(), 'a');
    expect((await prepared.normalise({ ...PNG, format: 'jpeg' })).row).toMatchObject({
      error: { code: 'OUTPUT_TOO_LARGE' },
    });
    expect((await prepared.normalise(PNG)).row).toMatchObject({ width: 65_501 });
  });

  test('tells its memory before: the image in RGB and the file, more for floats', async () => {
    const input = await picture().resize(400, 300).jpeg().toBuffer();
    const prepared = kernel.prepare(input, 'a');
    const rgb = 3 * 400 * 300;
    expect(prepared.normalisingBytes({ ...PNG, format: 'jpeg' })).toBeGreaterThan(2 * rgb);
    expect(prepared.normalisingBytes({ ...PNG, format: 'npy' })).toBeGreaterThan(5 * rgb);
    expect(kernel.prepare(Buffer.from('text'), 'a').normalisingBytes(PNG)).toBe(0);
  });

  test('one encoder writes files of any size, one after the other', async () => {
    for (const side of [1, 16, 17, 1_500, 3]) {
      const raw = { width: side, height: side, channels: 3 as const };
      const noise = Uint8Array.from({ length: 3 * side * side }, (_, at) => (at * 2_654_435_761) >>> 24);
      const input = await sharp(noise, { raw }).png().toBuffer();
      const settings: Normalisation = { ...PNG, format: 'jpeg', quality: 100 };
      const { file } = await normalised(kernel, input, settings);
      expect((await sharp(file).stats()).channels).toHaveLength(3);
      expect(await sharp(file).metadata()).toMatchObject({ width: side, height: side });
    }
  });
});

/** In double precision a tie is exact, and 2 * floor(x / 2) + 1 - x tells which neighbour is even. */
function nearest(value: number, min: number, max: number): number {
  const exact = ((value - min) * 255) / (max - min);
  const rounded = Math.round(exact);
  return rounded - exact === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

async function normalised(kernel: Kernel, input: Buffer, normalisation: Normalisation) {
  const { row, file, detail } = await kernel.prepare(input, 'a').normalise(normalisation);
  if (file === undefined || 'error' in row) throw new Error(`nothing was written: ${detail}`);
  return { row, file };
}

async function pixelsOf(file: Buffer): Promise<Buffer> {
  return sharp(file).raw().toBuffer();
}
