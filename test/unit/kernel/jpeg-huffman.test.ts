import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { loadAddon } from '../../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../../src/kernel/native-kernel.ts';

const PICTURES = {
  noise: (at: number) => (Math.imul(at, 2_654_435_761) >>> 24) ^ ((at * at) & 255),
  /** The largest differences between neighbouring blocks that there are. */
  squares: (_: number, x: number, y: number) => (((x >> 3) ^ (y >> 3)) & 1) * 255,
  /** Coefficients that are far from each other. */
  stripes: (at: number, x: number, y: number) => (x % 8 === 0 || y % 16 === 0 ? 255 : at % 2),
  waves: (_: number, x: number, y: number) => 128 + 127 * Math.sin(x / 5 + y / 9),
  flat: (at: number) => (at % 3) * 60,
} as const;
const SIZES = [
  [1, 1],
  [8, 9],
  [17, 5],
  [31, 33],
  /** At the best quality noise of this size needs more memory than an encoder begins with. */
  [307, 411],
] as const;

const addon = loadAddon();

describe.runIf(addon !== undefined)('the encoder of Huffman codes', () => {
  if (addon === undefined) return;
  const kernel = createNativeKernel(addon);

  describe.each(Object.keys(PICTURES) as (keyof typeof PICTURES)[])('%s', (name) => {
    test.each(SIZES)('of %i x %i has the codes that libjpeg writes', async (width, height) => {
      const raw = { width, height, channels: 3 } as const;
      const pixels = Uint8Array.from({ length: 3 * width * height }, (_, at) => {
        const pixel = Math.floor(at / 3);
        return PICTURES[name](at, pixel % width, Math.floor(pixel / width));
      });
      const picture = sharp(pixels, { raw });
      const png = await picture.clone().png().toBuffer();
      for (const quality of [1, 10, 50, 75, 90, 100]) {
        const range = { min: [0, 0, 0], max: [255, 255, 255] } as const;
        const settings = { format: 'jpeg', channels: 'all', quality, range } as const;
        const { file } = await kernel.prepare(png, 'a').normalise(settings);
        const expected = await picture
          .clone()
          .jpeg({ quality, chromaSubsampling: '4:2:0', optimiseCoding: false })
          .toBuffer();
        expect(file && scanOf(file).equals(scanOf(expected))).toBe(true);
      }
    });
  });
});

/** All from the header of the scan on. */
function scanOf(file: Buffer): Buffer {
  return file.subarray(file.indexOf(Buffer.of(0xff, 0xda)));
}
