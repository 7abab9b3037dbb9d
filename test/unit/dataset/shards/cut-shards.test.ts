import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutShards, type PackImage } from '../../../../src/dataset/shards/cut-shards.ts';
import { tarOf } from '../../../../src/dataset/shards/tar-writer.ts';

const cut = (images: readonly PackImage[], shardBytes: number) => {
  const pages = (async function* () {
    for (let i = 0; i < images.length; i += 3) yield images.slice(i, i + 3);
  })();
  return Array.fromAsync(cutShards(pages, shardBytes));
};

const tarBytes = (images: readonly PackImage[]) =>
  tarOf(images.map(({ key, size }) => [key, new Uint8Array(size)])).length;

describe('cutShards', () => {
  it('fills shards in order, none over the limit unless it has one image, and none that the next fits into', async () => {
    const image = fc.record({
      key: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
      size: fc.nat({ max: 5_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(image), fc.integer({ min: 2_000, max: 20_000 }), async (images, limit) => {
        const shards = await cut(images, limit);
        expect(shards.flat()).toEqual(images);
        for (const [i, shard] of shards.entries()) {
          if (shard.length > 1) expect(tarBytes(shard)).toBeLessThanOrEqual(limit);
          const next = shards[i + 1]?.[0];
          if (next !== undefined) expect(tarBytes([...shard, next])).toBeGreaterThan(limit);
        }
      }),
    );
  });

  it('puts at most 100,000 images into one, however small', async () => {
    const images = Array.from({ length: 100_001 }, (_, i) => ({ key: `${i}.png`, size: 0 }));
    expect((await cut(images, 2 ** 40)).map(({ length }) => length)).toEqual([100_000, 1]);
  });

  it('gives nothing for nothing', async () => {
    expect(await cut([], 1_000)).toEqual([]);
  });
});
