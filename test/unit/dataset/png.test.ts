import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodeGreyPng } from '../../../src/dataset/png.ts';

describe('encodeGreyPng', () => {
  it('is read back by libpng as the same pixels', async () => {
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
});
