import { describe, expect, it } from 'vitest';
import { layout } from '../../src/contract/layout.ts';
import { type Batch, batchSchema } from '../../src/contract/manifest.ts';
import { planSchema } from '../../src/contract/plan.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { tarOf } from '../../src/dataset/shards/tar-writer.ts';
import { plan } from '../../src/plan/plan.ts';
import { planBuckets } from '../support/plan-buckets.ts';

const { put, options, read, runKeys } = planBuckets();

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, place) => `${prefix}${String(place).padStart(4, '0')}.png`);

async function objectsOf(key: string) {
  const batches: Batch[] = batchSchema.array().parse(JSON.parse(await read(key)));
  return batches.flatMap(({ objects }) => objects);
}
const keysOf = async (key: string) => (await objectsOf(key)).map((object) => object.key);

describe('a plan for a workload that learns from images', () => {
  it('divides those of its prefix: some are asked, and the others are listed to be learned from', async () => {
    // Prepare
    const all = names('digits/', 179);
    await put([...all, 'digits/labels.csv']);

    // Act
    const result = await plan(options('digits/', { training: { ask: 50 } }));

    // Assess
    const itemsKey = layout.inputFile('run-digits', 'training-items.json');
    expect(planSchema.parse(result)).toMatchObject({
      ...{ items: 50, bytes: 50, skipped: 1, requests: { lists: 1, gets: 1 } },
      training: { prefix: 'digits/', itemsKey, items: 129, bytes: 129 },
    });
    const [asked, learned] = [await keysOf(result.manifestKey), await keysOf(itemsKey)];
    expect([asked.length, learned.length]).toEqual([50, 129]);
    expect([...asked, ...learned].sort(compareKeys)).toEqual(all);
    expect(learned).toEqual(learned.toSorted(compareKeys));
    expect(asked.slice(0, 3)).toEqual(['digits/0003.png', 'digits/0007.png', 'digits/0010.png']);
    expect((await objectsOf(itemsKey))[0]).toMatchObject({ size: 1, etag: expect.stringMatching(/^"/) });
    expect(JSON.parse(await read(layout.plan('run-digits')))).toEqual(result);
  });

  it('lists those of another prefix, and asks all of its own', async () => {
    // Prepare
    await put(names('known/', 30));
    await put(names('new/', 20));

    // Act
    const result = await plan(options('new/', { training: { prefix: 'known/' } }));

    // Assess
    const { training = expect.fail('no training set') } = result;
    expect(result).toMatchObject({ items: 20, skipped: 0, requests: { lists: 2, gets: 1 } });
    expect(training).toMatchObject({ prefix: 'known/', items: 30, bytes: 30 });
    expect(training.storageClasses).toEqual({
      STANDARD: { items: 30, bytes: 30, gets: 30, listingGets: 0 },
    });
    expect(await keysOf(result.manifestKey)).toEqual(names('new/', 20));
    expect(await keysOf(training.itemsKey)).toEqual(names('known/', 30));
  });

  it('divides images in tars, too', async () => {
    // Prepare
    const files = ['a', 'b', 'c', 'd'].map((name) => [`${name}.png`, Buffer.from(name)] as const);
    await put(['shards/1.tar'], tarOf(files));
    await put(['shards/z.png']);

    // Act
    const result = await plan(options('shards/', { training: { ask: 2 } }));

    // Assess
    expect(await keysOf(result.manifestKey)).toEqual(['c.png', 'shards/z.png']);
    const learned = await objectsOf(result.training?.itemsKey ?? '');
    expect(learned.map(({ key, shard }) => [key, shard?.key])).toEqual([
      ['a.png', 'shards/1.tar'],
      ['b.png', 'shards/1.tar'],
      ['d.png', 'shards/1.tar'],
    ]);
  });

  it('is refused where all would be asked', async () => {
    await put(names('few/', 3));
    for (const ask of [3, 500]) {
      const planned = plan(options('few/', { training: { ask } }));
      await expect(planned).rejects.toMatchObject({ code: 'INVALID_INPUT', source: 'user' });
      await expect(planned).rejects.toThrow(
        `Expected \`ask\` to be less than the 3 images under s3://plan-data/few/, so that some are left to learn from, but it is ${ask}`,
      );
    }
    expect(await runKeys('run-few')).toEqual([]);
  });

  it('is refused where there is nothing to learn from', async () => {
    await put(names('lone/', 3));
    await put(['texts/readme.txt']);
    const from = (prefix: string) => plan(options('lone/', { training: { prefix } }));
    await expect(from('nowhere/')).rejects.toMatchObject({ code: 'PREFIX_EMPTY', source: 'user' });
    await expect(from('nowhere/')).rejects.toThrow('s3://plan-data/nowhere/');
    await expect(from('texts/')).rejects.toMatchObject({ code: 'NO_IMAGES', source: 'user' });
  });
});
