import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { failedRow, isFailed, serializeRow } from '../../../../src/contract/row.ts';
import { chooseKernel } from '../../../../src/kernel/choose-kernel.ts';
import type { Kernel } from '../../../../src/kernel/kernel.ts';
import { checkKnnRow } from '../../../../src/workloads/knn/row-check.ts';
import { writeTraining } from '../../../../src/workloads/knn/training.ts';
import { mapRunnerOf } from '../../../../src/workloads/model-runners.ts';
import type { Inputs } from '../../../../src/workloads/workload.ts';

const IMAGE_BYTES = 256 * 1024 * 1024;

/** Images of one colour each, of 2 x 1 pixels. */
function trainingOf(colours: readonly [label: string, level: number][]): Inputs {
  const labels = [...new Set(colours.map(([label]) => label))].sort();
  const file = writeTraining({
    ...{ width: 2, height: 1, labels },
    labelOf: Uint32Array.from(colours, ([label]) => labels.indexOf(label)),
    pixels: Uint8Array.from(colours.flatMap(([, level]) => new Array<number>(6).fill(level))),
  });
  return new Map([['training', file]]);
}

function png(level: number, width = 2, height = 1): Promise<Buffer> {
  const background = { r: level, g: level, b: level };
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

const TRAINING = trainingOf([
  ['dark', 10],
  ['light', 250],
  ['dark', 20],
  ['light', 240],
]);

/** The rows of files, done together. */
async function rowsOf(kernel: Kernel, k: number, files: Readonly<Record<string, Buffer>>, inputs = TRAINING) {
  const runner = mapRunnerOf({ name: 'knn', params: { k } });
  const batch = await runner.begin(kernel, IMAGE_BYTES, inputs, 2);
  const prepared = Object.entries(files).map(([key, file]) => batch.prepare(file, key));
  const done = await batch.run(prepared);
  expect(batch.batchFiles(0, done.length, [])).toEqual([]);
  return done.map(({ row }) => row);
}

describe.each(['portable', 'auto'] as const)('the runner of knn with the %s kernel', (wanted) => {
  let kernel: Kernel;

  beforeEach(async () => {
    kernel = await chooseKernel(wanted);
  });

  it('takes images for what most of the nearest are', async () => {
    expect(await rowsOf(kernel, 3, { a: await png(0), é: await png(245) })).toEqual([
      {
        ...{ key: 'a', width: 2, height: 1, channels: 3, label: 'dark' },
        neighbours: [
          [0, 600],
          [2, 2_400],
          [3, 345_600],
        ],
      },
      {
        ...{ key: 'é', width: 2, height: 1, channels: 3, label: 'light' },
        neighbours: [
          [1, 150],
          [3, 150],
          [2, 303_750],
        ],
      },
    ]);
  });

  it('has rows for images that cannot be compared, in their places', async () => {
    const sound = await png(0);
    const rows = await rowsOf(kernel, 1, {
      wide: await png(0, 3),
      turned: await png(0, 1, 2),
      sound,
      text: Buffer.from('no image'),
      empty: Buffer.alloc(0),
      damaged: sound.subarray(0, sound.length - 20),
    });
    expect(rows.map((row) => (isFailed(row) ? row : row.key))).toEqual([
      failedRow('wide', 'SIZE_DIFFERS'),
      failedRow('turned', 'SIZE_DIFFERS'),
      'sound',
      failedRow('text', 'NOT_AN_IMAGE'),
      failedRow('empty', 'EMPTY_OBJECT'),
      failedRow('damaged', 'DECODE_FAILED'),
    ]);
  });

  it('asks nothing where no image can be compared', async () => {
    expect(await rowsOf(kernel, 1, { wide: await png(0, 3) })).toEqual([failedRow('wide', 'SIZE_DIFFERS')]);
    expect(await rowsOf(kernel, 1, {})).toEqual([]);
  });

  it('refuses what takes more memory than there is for one image', async () => {
    const batch = await mapRunnerOf({ name: 'knn', params: { k: 1 } }).begin(kernel, 1_000_000, TRAINING, 2);
    const [done] = await batch.run([batch.prepare(await png(0), 'a')]);
    expect(done?.row).toEqual(failedRow('a', 'TOO_MUCH_MEMORY'));
  });

  it('has all of the training set as neighbours where k is larger', async () => {
    const [row] = await rowsOf(kernel, 100, { a: await png(245) });
    expect(row).toMatchObject({
      label: 'dark',
      neighbours: [
        [1, 150],
        [3, 150],
        [2, expect.anything()],
        [0, expect.anything()],
      ],
    });
  });

  it('gives rows that the answer takes', async () => {
    const rows = await rowsOf(kernel, 3, { a: await png(0), b: await png(100), c: await png(255) });
    for (const row of rows) expect(checkKnnRow(serializeRow(row), 3, null)).toEqual({ row });
  });

  it('has another answer from another training set', async () => {
    const file = { a: await png(0) };
    expect(await rowsOf(kernel, 1, file)).toMatchObject([{ label: 'dark' }]);
    expect(await rowsOf(kernel, 1, file, trainingOf([['night', 1]]))).toMatchObject([{ label: 'night' }]);
  });
});

describe('the training set', () => {
  it('is prepared once for all batches that have the same file', async () => {
    const kernel = await chooseKernel('portable');
    let prepared = 0;
    const counting: Kernel = {
      ...kernel,
      nearest: (training, length) => {
        prepared += 1;
        return kernel.nearest?.(training, length) ?? expect.fail('Expected a way to the nearest.');
      },
    };
    const own = trainingOf([['dark', 0]]);
    for (let batch = 0; batch < 3; batch += 1) await rowsOf(counting, 1, { a: await png(0) }, own);
    expect(prepared).toBe(1);
    await rowsOf(counting, 1, { a: await png(0) }, trainingOf([['dark', 0]]));
    expect(prepared).toBe(2);
  });

  it('is prepared again where that failed', async () => {
    const kernel = await chooseKernel('portable');
    let failures = 1;
    const failing: Kernel = {
      ...kernel,
      nearest: async (training, length) => {
        if (failures-- > 0) throw new Error('no memory');
        return (await kernel.nearest?.(training, length)) ?? expect.fail('Expected a way to the nearest.');
      },
    };
    const own = trainingOf([['dark', 0]]);
    await expect(rowsOf(failing, 1, { a: await png(0) }, own)).rejects.toThrow('no memory');
    expect(await rowsOf(failing, 1, { a: await png(0) }, own)).toMatchObject([{ label: 'dark' }]);
  });

  it('has to be there, undamaged', async () => {
    const runner = mapRunnerOf({ name: 'knn', params: { k: 1 } });
    const kernel = await chooseKernel('portable');
    await expect(runner.begin(kernel, IMAGE_BYTES, new Map(), 2)).rejects.toThrow(
      'Expected the training set',
    );
    const damaged = new Map([['training', Buffer.from('FFKNN001')]]);
    await expect(runner.begin(kernel, IMAGE_BYTES, damaged, 2)).rejects.toThrow('[INPUT_DAMAGED]');
  });
});
