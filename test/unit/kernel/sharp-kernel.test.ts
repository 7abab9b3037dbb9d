import sharp from 'sharp';
import { expect, test } from 'vitest';
import { configureSharp, createSharpKernel } from '../../../src/kernel/sharp-kernel.ts';

const kernel = createSharpKernel();

function plain(
  width: number,
  height: number,
  background: { r: number; g: number; b: number; alpha?: number },
) {
  const channels = background.alpha === undefined ? 3 : 4;
  return sharp({ create: { width, height, channels, background } });
}

test('a picture of one colour has that colour', async () => {
  const input = await plain(20, 10, { r: 10, g: 20, b: 30 }).png().toBuffer();
  const { row, detail } = await kernel.prepare(input, 'a.png').measure('stats');
  expect(row).toEqual({
    key: 'a.png',
    width: 20,
    height: 10,
    channels: 3,
    sum: [2_000, 4_000, 6_000],
    sumSq: [20_000, 80_000, 180_000],
    min: [10, 20, 30],
    max: [10, 20, 30],
    mean_e6: [10_000_000, 20_000_000, 30_000_000],
  });
  expect(detail).toBeUndefined();
});

test('half transparent white is 128 over black', async () => {
  const input = await plain(4, 4, { r: 255, g: 255, b: 255, alpha: 128 / 255 })
    .png()
    .toBuffer();
  const { row } = await kernel.prepare(input, 'a.png').measure('minmax');
  expect(row).toMatchObject({ min: [128, 128, 128], max: [128, 128, 128] });
});

test('a refused image takes no memory and resolves to its row', async () => {
  const prepared = kernel.prepare(Buffer.from('text'), 'a.jpg');
  expect(prepared.workingBytes).toBe(0);
  const { row } = await prepared.measure('stats');
  expect(row).toEqual({
    key: 'a.jpg',
    error: { code: 'NOT_AN_IMAGE', message: 'the content is not JPEG, PNG, GIF, WebP or TIFF' },
  });
});

test("the decoder's own words are a detail, not part of the row", async () => {
  const whole = await plain(20, 10, { r: 10, g: 20, b: 30 }).jpeg().toBuffer();
  const tables = whole.indexOf(Buffer.of(0xff, 0xdb));
  const frame = whole.indexOf(Buffer.of(0xff, 0xc0));
  const without = Buffer.concat([whole.subarray(0, tables), whole.subarray(frame)]);
  const { row, detail } = await kernel.prepare(without, 'a.jpg').measure('stats');
  expect(row).toMatchObject({
    error: { code: 'DECODE_FAILED', message: 'the image is truncated or damaged' },
  });
  expect(detail).toMatch(/table/);
});

test('memory is told before decoding, at least the raw pixels', async () => {
  const sequential = await plain(200, 100, { r: 1, g: 2, b: 3 }).jpeg().toBuffer();
  const progressive = await plain(200, 100, { r: 1, g: 2, b: 3 }).jpeg({ progressive: true }).toBuffer();
  const small = kernel.prepare(sequential, 'a').workingBytes;
  expect(small).toBeGreaterThanOrEqual(200 * 100 * 3);
  expect(kernel.prepare(progressive, 'a').workingBytes).toBeGreaterThan(2 * small);
});

test('threads and cache are set only when asked', () => {
  configureSharp({ threads: 3 });
  expect(sharp.concurrency()).toBe(3);
  expect(sharp.cache()).toMatchObject({ memory: { max: 0 }, items: { max: 0 } });
});
