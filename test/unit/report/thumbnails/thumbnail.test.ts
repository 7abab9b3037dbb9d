import fc from 'fast-check';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { fileAsThumbnail, shownSize, thumbnailOf } from '../../../../src/report/thumbnails/thumbnail.ts';

const side = fc.integer({ min: 1, max: 300 });

it('no thumbnail is shown larger than 64 pixels, and small ones are enlarged by a whole number', () => {
  fc.assert(
    fc.property(side, side, (width, height) => {
      const shown = shownSize({ width, height });
      expect(Math.max(shown.width, shown.height)).toBeLessThanOrEqual(64);
      expect(Math.min(shown.width, shown.height)).toBeGreaterThanOrEqual(1);
      if (shown.isEnlarged) expect([shown.width % width, shown.height % height]).toEqual([0, 0]);
    }),
  );
  expect(shownSize({ width: 28, height: 14 })).toEqual({ width: 56, height: 28, isEnlarged: true });
  expect(shownSize({ width: 640, height: 320 })).toEqual({ width: 64, height: 32, isEnlarged: false });
});

it('a small image keeps its pixels', async () => {
  const rgb = Uint8Array.from({ length: 5 * 7 * 3 }, (_, i) => (i * 37) % 256);
  expect(await decoded(await thumbnailOf(rgb, { width: 5, height: 7 }))).toEqual({
    size: [5, 7],
    pixels: [...rgb],
  });
});

it('a large one is means of squares, the last of which are cut', async () => {
  const [width, height] = [129, 2];
  const rgb = new Uint8Array(width * height * 3);
  rgb.fill(200, 0, 3 * 3); // three of the first six pixels that become one
  rgb.fill(90, rgb.length - 3); // one of the two at the right edge
  const { size, pixels } = await decoded(await thumbnailOf(rgb, { width, height }));
  expect(size).toEqual([43, 1]);
  expect(pixels.slice(0, 6)).toEqual([100, 100, 100, 0, 0, 0]);
  expect(pixels.slice(-3)).toEqual([15, 15, 15]);
});

it('a file is shown by what it is: not what browsers may not show, and nothing that has scripts', () => {
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
  expect(fileAsThumbnail(jpeg)).toBe('data:image/jpeg;base64,/9j/4A==');
  for (const other of ['<svg/>', 'II*\0', '']) expect(fileAsThumbnail(Buffer.from(other))).toBeNull();
});

async function decoded(uri: string): Promise<{ size: number[]; pixels: number[] }> {
  const file = Buffer.from(uri.split(',')[1] ?? '', 'base64');
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  return { size: [info.width, info.height], pixels: [...data] };
}
