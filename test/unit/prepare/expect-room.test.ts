import { expect, it } from 'vitest';
import { expectRoom, type Held, type Workers } from '../../../src/prepare/expect-room.ts';
import { heldOfKmeans, type KmeansSizes } from '../../../src/prepare/kmeans-room.ts';
import { heldOfKnn } from '../../../src/prepare/knn-room.ts';
import { heldOfModel, withVectors } from '../../../src/prepare/model-room.ts';

const MIB = 1024 * 1024;
const workers = (over: Partial<Workers> = {}): Workers => ({
  arms: ['serverless'],
  memory: 1769,
  instanceTypes: ['t3.medium'],
  engine: 'grpc',
  kernel: 'native',
  ...over,
});
const refusalOf = (held: Held, over: Partial<Workers>) => {
  try {
    expectRoom(held, workers(over));
    return null;
  } catch (error) {
    return String(error);
  }
};
const refusal = (mib: number, over: Partial<Workers>) => refusalOf(heldOfKnn(mib * MIB), over);

it('refuses a training set that functions have no room for, and says how much would do', () => {
  // The program and an image take 192 MiB; the set is there twice.
  expect(refusal(788, {})).toBeNull();
  expect(refusal(789, {})).toMatch(
    /INVALID_INPUT.* at least 1770 MB for a training set of 789 MiB but they have 1769 MB: give them `memory` 1770/,
  );
  expect(refusal(789, { memory: 1770 })).toBeNull();
  // The portable kernel has it once, and twice in each of its threads, of which more memory brings more.
  expect(refusal(315, { kernel: 'portable' })).toBeNull();
  expect(refusal(316, { kernel: 'portable' })).toContain('at least 1772 MB');
  expect(refusal(788, { kernel: 'portable' })).toContain('at least 10436 MB');
  expect(refusal(6000, { memory: 10_240 })).toContain('functions have at most 10240 MB, so learn from fewer');
});

it('refuses one that hosts have no room for, with a process for each vCPU of engines in Python', () => {
  // Of 4 GiB the system has 1.
  const fleet = { arms: ['fleet'] as const satisfies Workers['arms'][number][] };
  expect(refusal(1440, fleet)).toBeNull();
  expect(refusal(1441, fleet)).toMatch(/at least 4.1 GiB, since 1 process holds it, .* t3.medium has 4 GiB/);
  expect(refusal(576, { ...fleet, kernel: 'portable' })).toBeNull();
  expect(refusal(577, { ...fleet, kernel: 'portable' })).toContain('t3.medium has 4 GiB');
  expect(refusal(672, { ...fleet, engine: 'ray' })).toBeNull();
  expect(refusal(673, { ...fleet, engine: 'ray' })).toContain('since 2 processes hold it');
  expect(refusal(5000, { ...fleet, instanceTypes: ['x9.unknown'] })).toBeNull();
});

/** Of images of 64 x 64, which are 12 KiB. */
const batches = (sizes: Partial<KmeansSizes>, over: Partial<Workers>) =>
  refusalOf(heldOfKmeans({ images: 100, width: 64, height: 64, k: 10, ...sizes }), over);
/** Ten centres of 12 KiB take 30 MiB. */
const CENTRES_MIB = (10 * 12 * (192 + 64)) / 1024;

it('refuses batches that functions have no room for, and says how many images would do', () => {
  // Of 512 MB a quarter is for batches that are kept, and 256 MiB are the program, an image and what is to be freed.
  const images = Math.floor(((0.75 * 512 - 256 - CENTRES_MIB) * 1024) / 12);
  expect(batches({ images }, { memory: 512 })).toBeNull();
  expect(batches({ images: images + 1 }, { memory: 512 })).toMatch(
    /INVALID_INPUT.* at least 513 MB for batches of 8,363 images of 64 x 64 and 10 centres but they have 512 MB: give them `memory` 513, or take a `batchSize` of at most 8,362\.$/,
  );
  expect(batches({ images: images + 1 }, { memory: 513 })).toBeNull();
  // The portable kernel has its own copy of all.
  expect(batches({ images }, { memory: 512, kernel: 'portable' })).toMatch(/`batchSize` of at most 2,901\./);
  expect(batches({ k: 85 }, { memory: 512 })).toContain('or take fewer clusters, or smaller images');
});

it('lets the largest batches and the most centres be done by functions of the default size', () => {
  for (const kernel of ['native', 'portable'] as const) {
    expect(batches({ width: 148, height: 148, images: 4_085, k: 15 }, { kernel })).toBeNull();
  }
});

it('refuses batches that hosts have no room for, with one at once for each vCPU', () => {
  const fleet = { arms: ['fleet'] as const satisfies Workers['arms'][number][] };
  const large = { width: 148, height: 148, images: 4_085 };
  expect(batches(large, fleet)).toBeNull();
  expect(batches(large, { ...fleet, engine: 'dask' })).toBeNull();
  const small = { ...fleet, instanceTypes: ['t3.small'] };
  expect(batches(large, small)).toMatch(
    /hosts of at least 2\.\d GiB, since they do 2 batches at once, for batches of 4,085 images of 148 x 148 and 10 centres but t3\.small has 2 GiB: take a larger `instanceType`, or take a `batchSize` of at most 442\.$/,
  );
  // A quarter of the memory is not for batches that are kept: 256 MiB of each process.
  const kept = Math.floor(((2048 / 4 / 2 - 64) * 1024) / 12);
  expect(batches({ images: kept, k: 1 }, { ...small, engine: 'dask' })).toBeNull();
  expect(batches({ images: kept + 1, k: 1 }, { ...small, engine: 'dask' })).toContain('at most 16,384.');
});

/** A model for tensors of 588 KiB, of which an image takes twenty times as much in a session. */
const heldOf = (mib: number, modelBatch: number) => {
  const recipe = {
    resize: { width: 224, height: 224 },
    filter: 'bilinear',
    layout: 'nchw',
    type: 'float32',
  } as const;
  const names = { bgr: false, input: 'x', output: 'y', isSoftmax: false, labels: ['a'] };
  return heldOfModel(mib * MIB, { recipe, batch: 'any', ...names }, modelBatch);
};
const model = (mib: number, modelBatch: number, over: Partial<Workers>) =>
  refusalOf(heldOf(mib, modelBatch), over);

it('refuses a model whose session functions have no room for, one for each of their cores', () => {
  // 192 MiB are the program and an image; the file is there once, and in a session of 48 MiB three and a half times.
  expect(model(100, 8, { memory: 800 })).toBeNull();
  expect(model(100, 32, { memory: 800 })).toMatch(
    /INVALID_INPUT.* at least 1058 MB for a model of 100 MiB with 32 images at once but they have 800 MB: give them `memory` 1058, or take a `modelBatch` of at most 9\.$/,
  );
  expect(model(300, 1, { memory: 1024 })).toContain('or take a smaller model');
  // From 2654 MB on a function has two cores, and two sessions; with each core there is one more.
  expect(model(512, 1, { memory: 2653 })).toBeNull();
  expect(model(200, 8, { memory: 2654 })).toBeNull();
  expect(model(512, 1, { memory: 2654 })).toContain('at least 4407 MB');
  expect(model(512, 256, { memory: 10_240, arms: ['serverless'] })).toContain(
    'functions have at most 10240 MB',
  );
});

it('refuses a model whose sessions hosts have no room for, one for each of their vCPUs', () => {
  const fleet = { arms: ['fleet'] as const satisfies Workers['arms'][number][] };
  expect(model(200, 8, fleet)).toBeNull();
  expect(model(400, 8, fleet)).toMatch(/since they do 2 batches at once, .* t3.medium has 4 GiB/);
  expect(model(300, 8, { ...fleet, engine: 'ray' })).toBeNull();
  expect(model(400, 8, { ...fleet, engine: 'ray' })).toContain('t3.medium has 4 GiB');
});

it('refuses batches whose embeddings workers have no room for, and says how many images would do', () => {
  // The 16 KiB of an image are held twice, in what the program, the file and a session leave.
  const embeddings = (images: number, over: Partial<Workers> = {}) =>
    refusalOf(withVectors(heldOf(100, 8), 4096, images), { memory: 1000, ...over });
  expect(embeddings(10_000)).toMatch(
    /for a model of 100 MiB with 8 images at once, and twice 157 MiB of embeddings a batch but .* or take a `batchSize` of at most \d+\.$/,
  );
  const most = Number(/at most (\d+)\.$/.exec(embeddings(100_000) ?? '')?.[1]);
  expect(embeddings(most)).toBeNull();
  expect(embeddings(most + 32)).toContain(`at most ${most}.`);
  // This one has none without embeddings, either.
  expect(refusalOf(withVectors(heldOf(300, 1), 4096, 1), { memory: 1024 })).toContain(
    'or take a smaller model',
  );
  const fleet = { arms: ['fleet'] as const satisfies Workers['arms'][number][] };
  for (const engine of ['grpc', 'ray'] as const) {
    expect(embeddings(1000, { ...fleet, engine })).toBeNull();
    expect(embeddings(50_000, { ...fleet, engine })).toContain('take a `batchSize` of at most');
  }
});
