import { expect, test } from 'vitest';
import {
  type Classifier,
  readClassifier,
  writeClassifier,
} from '../../../../src/workloads/classify/classifier-file.ts';
import { tensorSizeOf } from '../../../../src/workloads/image-model.ts';

const CLASSIFIER: Classifier = {
  recipe: {
    resize: { shorter: 256 },
    filter: 'bilinear',
    crop: { width: 224, height: 192 },
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    layout: 'nchw',
    type: 'float32',
  },
  bgr: true,
  input: 'x',
  output: 'logits',
  batch: 'any',
  isSoftmax: false,
  labels: ['cat', 'dog'],
};

test('has one text form, however its fields are ordered', () => {
  const { labels, recipe, ...others } = CLASSIFIER;
  const { type, layout, resize, ...rest } = recipe;
  const text = writeClassifier({ labels, ...others, recipe: { type, layout, ...rest, resize } });

  expect(text.toString()).toBe(
    '{"recipe":{"resize":{"shorter":256},"filter":"bilinear","crop":{"width":224,"height":192},' +
      '"mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225],"layout":"nchw","type":"float32"},"bgr":true,' +
      '"input":"x","output":"logits","batch":"any","isSoftmax":false,"labels":["cat","dog"]}',
  );
  expect(writeClassifier(CLASSIFIER)).toEqual(text);
});

test.each<[string, Classifier]>([
  ['with all fields', CLASSIFIER],
  [
    'with none that can be left out',
    {
      ...CLASSIFIER,
      recipe: { resize: { width: 8, height: 4 }, filter: 'box', layout: 'nhwc', type: 'uint8' },
      batch: 1,
    },
  ],
])('reads what it wrote, %s', (_, classifier) => {
  expect(readClassifier(writeClassifier(classifier))).toEqual(classifier);
});

test('knows the size of every tensor', () => {
  expect(tensorSizeOf(CLASSIFIER.recipe)).toEqual({ width: 224, height: 192 });
  const resize = { width: 8, height: 4 };
  expect(tensorSizeOf({ resize, filter: 'box', layout: 'nhwc', type: 'uint8' })).toEqual(resize);
});

test.each([
  ['no JSON', '{', 'it is no JSON'],
  ['no object', '[]', 'object'],
  ['another batch', text({ batch: 2 }), '"any" or 1'],
  ['no labels', text({ labels: [] }), 'labels'],
  ['another filter', text({ recipe: { ...CLASSIFIER.recipe, filter: 'best' } }), 'recipe.filter'],
  ['two means', text({ recipe: { ...CLASSIFIER.recipe, mean: [0, 1] } }), 'recipe.mean'],
  ['no size', text({ recipe: { ...CLASSIFIER.recipe, resize: {} } }), 'recipe.resize.width'],
])('refuses %s', (_, damaged, why) => {
  expect(() => readClassifier(Buffer.from(damaged))).toThrow(why);
  expect(() => readClassifier(Buffer.from(damaged))).toThrow(
    expect.objectContaining({ code: 'INPUT_DAMAGED' }),
  );
});

function text(changes: Record<string, unknown>): string {
  return JSON.stringify({ ...CLASSIFIER, ...changes });
}
