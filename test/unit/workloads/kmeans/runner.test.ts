import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { failedRow, serializeRow } from '../../../../src/contract/row.ts';
import { chooseKernel } from '../../../../src/kernel/choose-kernel.ts';
import type { Kernel } from '../../../../src/kernel/kernel.ts';
import { checkKmeansRow } from '../../../../src/workloads/kmeans/row-check.ts';
import { kmeansRunner } from '../../../../src/workloads/kmeans/runner.ts';
import { writeState } from '../../../../src/workloads/kmeans/state.ts';
import { writeSums } from '../../../../src/workloads/kmeans/sums.ts';
import type { Loaded } from '../../../../src/workloads/workload.ts';
import { assigned, centre, type Image, image, stateOf, sumsOf } from './exact.ts';

const stageOf = (centres: Parameters<typeof stateOf>[0]) => {
  return { number: 0, state: Buffer.from(writeState(stateOf(centres))) };
};
const loadedOf = (images: readonly Image[]): Loaded => ({
  rows: images.map((_, n) => ({ key: `k${n}`, width: 1, height: 1, channels: 3 })),
  pixels: Uint8Array.from(images.flat()),
});

describe.each(['portable', 'auto'] as const)('the runner of kmeans with the %s kernel', (wanted) => {
  let kernel: Kernel;

  beforeAll(async () => {
    kernel = await chooseKernel(wanted);
  });

  it('takes images to the centre that fractions find nearest, and adds up what went to each', async () => {
    const images = fc.array(image, { maxLength: 20 });
    const centres = fc.array(centre, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(images, centres, async (all, from) => {
        const { rows, files } = await kmeansRunner().step(loadedOf(all), kernel, stageOf(from), new Map());
        const clusters = assigned(all, from);
        expect(rows.map((row) => ('label' in row ? row.label : ''))).toEqual(clusters.map(String));
        expect(files).toEqual([{ folder: 'sums', body: writeSums(sumsOf(all, from)) }]);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves rows that failed in their places, and gives rows that the answer takes', async () => {
    const [first, second] = loadedOf([
      [0, 0, 0],
      [9, 9, 9],
    ]).rows;
    const failed = failedRow('x', 'SIZE_DIFFERS');
    const loaded = {
      rows: [first, failed, second] as Loaded['rows'],
      pixels: Uint8Array.of(0, 0, 0, 9, 9, 9),
    };
    const stage = stageOf([9, 0].map((value) => ({ count: 1, sum: [value, value, value] })));
    const { rows } = await kmeansRunner().step(loaded, kernel, stage, new Map());
    expect(rows).toEqual([{ ...first, label: '1' }, failed, { ...second, label: '0' }]);
    for (const row of rows) {
      expect(checkKmeansRow(serializeRow(row), 2, { width: 1, height: 1 })).toEqual({ row });
    }
  });

  it('does a batch of which no image could be loaded', async () => {
    const failed = failedRow('x', 'NOT_AN_IMAGE');
    const stage = stageOf([{ count: 2, sum: [1, 2, 3] }]);
    const done = await kmeansRunner().step(
      { rows: [failed], pixels: new Uint8Array() },
      kernel,
      stage,
      new Map(),
    );
    expect(done).toEqual({
      rows: [failed],
      files: [{ folder: 'sums', body: '{"counts":[0],"squares":[0],"sums":[[0,0,0]]}' }],
    });
  });
});

describe('the centres of a stage', () => {
  it('are prepared once for all batches that have the same state', async () => {
    const kernel = await chooseKernel('portable');
    let prepared = 0;
    const counting: Kernel = {
      ...kernel,
      centres: (centres, length) => {
        prepared += 1;
        return kernel.centres?.(centres, length) ?? expect.fail('Expected a way to the nearest centre.');
      },
    };
    const stage = stageOf([{ count: 1, sum: [1, 2, 3] }]);
    for (let batch = 0; batch < 3; batch += 1) {
      await kmeansRunner().step(loadedOf([[1, 2, 3]]), counting, stage, new Map());
    }
    expect(prepared).toBe(1);
    await kmeansRunner().step(
      loadedOf([[1, 2, 3]]),
      counting,
      stageOf([{ count: 1, sum: [1, 2, 3] }]),
      new Map(),
    );
    expect(prepared).toBe(2);
  });

  it('say which size all images must have', () => {
    const state = Buffer.from(
      writeState({ ...stateOf([{ count: 1, sum: new Array(18).fill(7) }]), width: 3, height: 2 }),
    );
    expect(kmeansRunner().size(state)).toMatchObject({ width: 3, height: 2 });
  });
});
