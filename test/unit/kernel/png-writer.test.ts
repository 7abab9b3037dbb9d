import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { encodeGreyPng, encodeRgbPng, filterLines } from '../../../src/kernel/png-writer.ts';

const images = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) })
  .chain(({ width, height }) => {
    const length = 3 * width * height;
    return fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      rgb: fc.uint8Array({ minLength: length, maxLength: length }),
    });
  });

test('a decoder finds the pixels that were encoded', async () => {
  await fc.assert(
    fc.asyncProperty(images, async ({ width, height, rgb }) => {
      const file = await encodeRgbPng(filterLines(rgb, width, height), width, height);
      const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width, height, channels: 3 });
      expect(data.equals(rgb)).toBe(true);
    }),
  );
});

test('a file has one data chunk, whatever its size', async () => {
  const [width, height] = [700, 500];
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, at) => (at * at) >> 7);
  const file = await encodeRgbPng(filterLines(rgb, width, height), width, height);
  expect(file.readUInt32BE(33)).toBe(file.length - 8 - 25 - 12 - 12);
  expect(file.toString('latin1', 37, 41)).toBe('IDAT');
  const decoded = await sharp(file).raw().toBuffer();
  expect(decoded.equals(rgb)).toBe(true);
});

test('grey pixels are read back by libpng as they were', async () => {
  const images = fc
    .record({ width: fc.integer({ min: 1, max: 300 }), height: fc.integer({ min: 1, max: 300 }) })
    .chain(({ width, height }) =>
      fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        pixels: fc.uint8Array({ minLength: width * height, maxLength: width * height }),
      }),
    );
  await fc.assert(
    fc.asyncProperty(images, async ({ width, height, pixels }) => {
      const { data, info } = await sharp(encodeGreyPng(pixels, width, height))
        .toColourspace('b-w')
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width, height, channels: 1 });
      expect(data.equals(pixels)).toBe(true);
    }),
    { numRuns: 20 },
  );
});
