import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from '../../src/contract/manifest.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { runBaseline } from '../../src/worker/baseline.ts';
import { imageRunner } from '../../src/workloads/image-runner.ts';
import { batchOf, type ImageBucket, MIB, plain, startImageBucket, watch } from '../support/image-bucket.ts';

const kernel = createSharpKernel();
/** The native kernel takes part where its addon was built. */
const addon = loadAddon();
let bucket: ImageBucket;

beforeAll(async () => {
  bucket = await startImageBucket('measure-data');
});
afterAll(() => bucket?.stop());

describe('runBaseline', () => {
  async function* batches(count: number): AsyncGenerator<Batch> {
    const objects = [
      await bucket.put('base/a.png', await plain(1)),
      await bucket.put('base/b.jpg', Buffer.from('text')),
    ];
    for (let batch = 0; batch < count; batch += 1) yield { ...batchOf(objects), batch };
  }
  /** A clock by which each look costs a second. */
  const ticking = () => {
    let seconds = 0;
    return () => 1_000 * seconds++;
  };
  const common = {
    bucket: 'measure-data',
    runner: imageRunner({ operation: 'mean' }),
    encodedBytes: MIB,
    decodedBytes: MIB,
    imageBytes: 1024 * MIB,
    cpuMs: () => 0,
  };

  it('counts what was measured, one image at a time', async () => {
    // Prepare
    let inside = 0;
    let most = 0;
    const watched = watch(kernel, async (measure) => {
      inside += 1;
      most = Math.max(most, inside);
      const measured = await measure();
      inside -= 1;
      return measured;
    });
    const measureAll = () => Promise.reject(new Error('more than one at a time'));

    // Act
    const baseline = await runBaseline({
      ...common,
      reader: bucket.reader,
      kernel: { ...watched, measureAll },
      batches: batches(3),
      budgetMs: 1e9,
      now: ticking(),
    });

    // Assess
    expect(baseline).toMatchObject({ items: 3, kernel: 'watched', complete: true });
    expect(most).toBe(1);
  });

  it.skipIf(addon === undefined)('names the kernel that the native one left images to', async () => {
    const gif = await sharp(await plain(1))
      .gif()
      .toBuffer();
    const batch = batchOf([
      await bucket.put('base/a.gif', gif),
      await bucket.put('base/b.png', await plain(2)),
    ]);
    const batches = async function* () {
      yield batch;
    };
    const baseline = await runBaseline({
      ...common,
      reader: bucket.reader,
      kernel: createNativeKernel(addon ?? expect.fail('no addon')),
      batches: batches(),
      budgetMs: 1e9,
      now: ticking(),
    });
    expect(baseline).toMatchObject({ items: 2, kernel: 'native+sharp' });
  });

  it('ends after the batch in which its time ran out', async () => {
    const baseline = await runBaseline({
      ...common,
      reader: bucket.reader,
      kernel,
      batches: batches(50),
      budgetMs: 30_000,
      now: ticking(),
    });
    expect(baseline.complete).toBe(false);
    expect(baseline.items).toBeGreaterThan(0);
    expect(baseline.items).toBeLessThan(50);
  });
});
