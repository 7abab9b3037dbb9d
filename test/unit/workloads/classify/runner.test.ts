import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { isFailed, type Row, serializeRow } from '../../../../src/contract/row.ts';
import { chooseKernel } from '../../../../src/kernel/choose-kernel.ts';
import type { Kernel } from '../../../../src/kernel/kernel.ts';
import { writeClassifier } from '../../../../src/workloads/classify/classifier-file.ts';
import { classifyRunner } from '../../../../src/workloads/classify/runner.ts';
import { smallModel, value } from '../../models/small-model.ts';

const MIB = 1024 * 1024;
const PHOTOS = ['china.jpg', 'flower.jpg', 'retina.jpg'];
const photo = (name: string) => readFileSync(`assets/photos/${name}`);

/** Means of the three channels of 4 x 4 pixels: a class for each. */
const MEANS = {
  node: [
    { opType: 'GlobalAveragePool', input: ['images'], output: ['means'] },
    { opType: 'Flatten', input: ['means'], output: ['scores'] },
  ],
  initializer: [],
  input: [value('images', ['N', 3, 4, 4])],
  output: [value('scores', ['N', 3])],
};
const CLASSIFIER = {
  recipe: {
    resize: { width: 4, height: 4 },
    filter: 'bilinear',
    mean: [0, 0, 0],
    std: [0.1, 0.1, 0.1],
    layout: 'nchw',
    type: 'float32',
  },
  bgr: false,
  input: 'images',
  output: 'scores',
  batch: 'any',
  isSoftmax: false,
  labels: ['red', 'green', 'blue'],
} as const;

let kernel: Kernel;
beforeAll(async () => {
  kernel = await chooseKernel('portable');
});

async function classify(
  images: readonly (readonly [key: string, file: Buffer])[],
  { changes = {}, graph = {}, top = 5, modelBatch = 8, imageBytes = 512 * MIB } = {},
): Promise<readonly Row[]> {
  const inputs = new Map([
    ['model', Buffer.from(smallModel({ ...MEANS, ...graph }))],
    ['classifier', writeClassifier({ ...CLASSIFIER, ...changes })],
  ]);
  const batch = await classifyRunner({ top, modelBatch }).begin(kernel, imageBytes, inputs, 2);
  const done = await batch.run(images.map(([key, file]) => batch.prepare(file, key)));
  return done.map(({ row }) => row);
}

const scoresIn = (row: Row | undefined) => (row === undefined || isFailed(row) ? [] : row.scores);

describe('classifyRunner', () => {
  it('takes each image for the class with the largest value, and says the best ones', async () => {
    const rows = await classify(PHOTOS.map((name) => [name, photo(name)]));
    expect(rows.map((row) => serializeRow(row).replace(/"logits":"[0-9a-f]{16}"/, '"logits":""'))).toEqual([
      expect.stringMatching(
        /^\{"key":"china.jpg","width":640,"height":427,"channels":3,"label":"\w+","scores":\[\[\d,\d+\],\[\d,\d+\],\[\d,\d+\]\],"logits":""\}$/,
      ),
      expect.stringContaining('"key":"flower.jpg"'),
      expect.stringContaining('"label":"red"'),
    ]);
  });

  it('gives the same rows however many images the model gets at once', async () => {
    const images = [...PHOTOS, ...PHOTOS].map((name, at) => [`${at}-${name}`, photo(name)] as const);
    const rows = await classify(images);
    for (const modelBatch of [1, 4]) expect(await classify(images, { modelBatch })).toEqual(rows);
  });

  it('has one bad image cost one row, in its place', async () => {
    const damaged = photo('china.jpg').subarray(0, 9000);
    const [first, second, third] = await classify([
      ['a.jpg', Buffer.from('no image')],
      ['b.jpg', photo('retina.jpg')],
      ['c.jpg', damaged],
    ]);
    expect([first, third]).toEqual([
      { key: 'a.jpg', error: expect.objectContaining({ code: 'NOT_AN_IMAGE' }) },
      { key: 'c.jpg', error: expect.objectContaining({ code: 'DECODE_FAILED' }) },
    ]);
    expect(second).toMatchObject({ key: 'b.jpg', label: 'red' });
  });

  it('refuses an image that takes more memory than one may', async () => {
    const [row] = await classify([['a.jpg', photo('china.jpg')]], { imageBytes: MIB });
    expect(row).toMatchObject({ error: { code: 'TOO_MUCH_MEMORY' } });
  });

  it('gives the model the channels as B, G and R where it wants them so', async () => {
    const image = [['a.jpg', photo('retina.jpg')]] as const;
    const [row] = await classify(image);
    const [swapped] = await classify(image, { changes: { bgr: true } });
    const mirrored = scoresIn(row)?.map(([index, score]) => [2 - index, score]);
    expect(scoresIn(swapped)).toEqual(mirrored);
  });

  it('gives as many classes as are asked for', async () => {
    const [row] = await classify([['a.jpg', photo('retina.jpg')]], { top: 2 });
    expect(scoresIn(row)).toHaveLength(2);
  });

  it('gives a model that takes one image, one', async () => {
    const images = PHOTOS.map((name) => [name, photo(name)] as const);
    const graph = { input: [value('images', [1, 3, 4, 4])], output: [value('scores', [1, 3])] };
    expect(await classify(images, { graph, changes: { batch: 1 } })).toEqual(await classify(images));
  });

  it('gives a model that takes pixels as they are, those', async () => {
    const graph = {
      node: [
        {
          opType: 'Cast',
          input: ['images'],
          output: ['floats'],
          attribute: [{ name: 'to', type: 2, i: 1n }],
        },
        {
          opType: 'Transpose',
          input: ['floats'],
          output: ['planes'],
          attribute: [{ name: 'perm', type: 7, ints: [0n, 3n, 1n, 2n] }],
        },
        { opType: 'GlobalAveragePool', input: ['planes'], output: ['means'] },
        { opType: 'Flatten', input: ['means'], output: ['scores'] },
      ],
      input: [value('images', ['N', 4, 4, 3], 2)],
    };
    const recipe = {
      resize: { width: 4, height: 4 },
      filter: 'bilinear',
      layout: 'nhwc',
      type: 'uint8',
    } as const;
    const [row] = await classify([['a.jpg', photo('retina.jpg')]], { graph, changes: { recipe } });
    expect(row).toMatchObject({
      label: 'red',
      scores: [
        [0, 1_000_000],
        [1, 0],
        [2, 0],
      ],
    });
  });

  it('fails the image whose scores are no finite numbers', async () => {
    const node = [
      { opType: 'GlobalAveragePool', input: ['images'], output: ['means'] },
      { opType: 'Flatten', input: ['means'], output: ['flat'] },
      { opType: 'Sub', input: ['flat', 'flat'], output: ['zero'] },
      { opType: 'Div', input: ['flat', 'zero'], output: ['scores'] },
    ];
    const [row] = await classify([['a.jpg', photo('retina.jpg')]], { graph: { node } });
    expect(row).toMatchObject({ error: { code: 'SCORES_NOT_FINITE' } });
  });

  it('ends where the model gives values of other classes than there are', async () => {
    const asked = classify([['a.jpg', photo('retina.jpg')]], { changes: { labels: ['a', 'b'] } });
    await expect(asked).rejects.toThrow('Expected [1, 2], images and classes,');
  });

  it('wants the model and its description', async () => {
    const begin = classifyRunner({ top: 1, modelBatch: 1 }).begin;
    await expect(begin(kernel, MIB, new Map(), 2)).rejects.toThrow(
      'Expected the classifier among the inputs.',
    );
    const damaged = new Map([['classifier', Buffer.from('{}')]]);
    await expect(begin(kernel, MIB, damaged, 2)).rejects.toThrow('[INPUT_DAMAGED]');
  });
});
