import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { photographs } from '../../../../src/report/thumbnails/photographs.ts';
import { MemoryBucket } from '../../aggregate/fixture.ts';

/** Left half red, right half blue. */
function halves(width: number, height: number): Promise<Buffer> {
  const data = Buffer.alloc(width * height * 3);
  for (let at = 0; at < width * height; at += 1) data[at * 3 + (at % width < width / 2 ? 0 : 2)] = 255;
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ chromaSubsampling: '4:4:4', quality: 100 })
    .toBuffer();
}

function fileOf(uri: string | undefined): Buffer {
  const [, base64 = ''] = uri?.split(';base64,') ?? [];
  return Buffer.from(base64, 'base64');
}

describe('photographs', () => {
  it('are made small, and look as they did', async () => {
    const images = new MemoryBucket();
    images.put('wide.jpg', await halves(1000, 400));
    const { shown, size } = await photographs(['wide.jpg', 'wide.jpg'], images);
    const file = fileOf(shown.get('wide.jpg'));
    expect(file.length).toBeLessThan(4_000);
    expect(size).toEqual({ width: 96, height: 96, isEnlarged: false });
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.format]).toEqual([91, 37, 'raw']);
    const [left, right] = [data.subarray(5 * 3, 5 * 3 + 3), data.subarray(85 * 3, 85 * 3 + 3)];
    for (const [found, wanted] of [
      [left, [255, 0, 0]],
      [right, [0, 0, 255]],
    ] as const) {
      for (const [c, value] of wanted.entries()) expect(Math.abs((found[c] ?? 0) - value)).toBeLessThan(12);
    }
  });

  it('that are small are shown as they are, and enlarged where all are', async () => {
    const images = new MemoryBucket();
    const file = await halves(16, 8);
    images.put('small.jpg', file);
    const { shown, size } = await photographs(['small.jpg'], images);
    expect(fileOf(shown.get('small.jpg'))).toEqual(file);
    expect(size?.isEnlarged).toBe(true);
    images.put('large.jpg', await halves(60, 60));
    expect((await photographs(['small.jpg', 'large.jpg'], images)).size?.isEnlarged).toBe(false);
  });

  it('that are not there, or no images, are left out', async () => {
    const images = new MemoryBucket();
    images.put('text.jpg', 'no image');
    images.put('cut.jpg', (await halves(500, 500)).subarray(0, 900));
    const { shown } = await photographs(['gone.jpg', 'text.jpg', 'cut.jpg'], images);
    expect([...shown.keys()]).toEqual([]);
  });
});
