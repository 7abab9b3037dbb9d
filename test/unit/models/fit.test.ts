import { describe, expect, it } from 'vitest';
import { type Classifier, checkClassifier } from '../../../src/models/classifier.ts';
import { fitLabels, fitTensor } from '../../../src/models/fit.ts';
import { tensorSchema } from '../../../src/models/tensor-description.ts';
import { parse } from '../../../src/parse.ts';
import { readSmall, value } from './small-model.ts';

const model = async (dims?: readonly (number | string)[], type?: number): Promise<Classifier> =>
  checkClassifier(await readSmall(dims && { input: [value('images', dims, type)] }), 'm.onnx');
const fitted = (classifier: Classifier, fields: object) => {
  const normalised = { mean: [0.5, 0.5, 0.5], std: [1, 1, 1] };
  const whole = { resize: { width: 5, height: 4 }, filter: 'bilinear', ...normalised, ...fields };
  return fitTensor(classifier, parse(tensorSchema, whole, 'm.json'), 'm.json');
};

describe('a tensor', () => {
  it('has the layout and the type of the model', async () => {
    expect(fitted(await model(), {})).toMatchObject({ layout: 'nchw', type: 'float32' });
    const pixels = await model(['N', 4, 5, 3], 2);
    expect(fitted(pixels, { mean: null, std: null })).toMatchObject({ layout: 'nhwc', type: 'uint8' });
    expect(fitted(await model(['N', 'a', 'b', 'c']), { layout: 'nhwc' })).toMatchObject({ layout: 'nhwc' });
  });

  it('has its constants as R, G and B, in units of 1', async () => {
    const caffe = { channels: 'bgr', range: 255, mean: [0, 51, 102], std: [255, 51, 1] };
    const tensor = fitted(await model(), caffe);
    expect(tensor).toMatchObject({ mean: [0.4, 0.2, 0], std: [1 / 255, 0.2, 1] });
    expect(Object.keys(tensor).sort()).toEqual(['filter', 'layout', 'mean', 'resize', 'std', 'type']);
    const pixels = fitted(await model(['N', 3, 4, 5], 2), { mean: null, std: null });
    expect(Object.keys(pixels).sort()).toEqual(['filter', 'layout', 'resize', 'type']);
  });

  it('has any size where the model takes any', async () => {
    const any = await model(['N', 3, 'h', 'w']);
    expect(fitted(any, { resize: { shorter: 256 }, crop: { width: 224, height: 192 } })).toMatchObject({
      crop: { width: 224, height: 192 },
    });
  });

  it.each<[object, readonly (number | string)[], number, string]>([
    [{ layout: 'nhwc' }, ['N', 3, 4, 5], 1, 'Expected "nchw" for `layout`, as the model has it'],
    [{}, ['N', 'a', 'b', 'c'], 1, 'Expected `layout`, "nchw" or "nhwc", since the model does not tell it'],
    [{ type: 'uint8', mean: null, std: null }, ['N', 3, 4, 5], 1, 'Expected "float32" for `type`'],
    [{ mean: null }, ['N', 3, 4, 5], 1, 'Expected `mean` of the three channels'],
    [{ mean: null }, ['N', 3, 4, 5], 2, 'Expected no `std`, since the model takes the pixels'],
    [{ resize: { shorter: 8 } }, ['N', 3, 'h', 'w'], 1, 'Expected `crop`, since all tensors have one size'],
    [
      { resize: { width: 4, height: 5 } },
      ['N', 3, 4, 5],
      1,
      'Expected images of 5 x 4 pixels, as the model has them, but found 4 x 5 by `resize`',
    ],
    [
      { resize: { shorter: 8 }, crop: { width: 5, height: 5 } },
      ['N', 3, 4, 'w'],
      1,
      'Expected images of 5 x 4 pixels, as the model has them, but found 5 x 5 by `crop`',
    ],
    [
      { resize: { shorter: 8 }, crop: { width: 9, height: 8 } },
      ['N', 3, 'h', 'w'],
      1,
      'Expected no side longer than what `resize` makes of every image for `crop`',
    ],
    [{ std: [1, 1e-9, 1] }, ['N', 3, 4, 5], 1, 'for `std.1` but received 1e-9'],
  ])('of %j does not fit %j', async (fields, dims, type, words) => {
    const classifier = await model(dims, type);
    expect(() => fitted(classifier, fields)).toThrow(words);
  });
});

describe('labels', () => {
  it('are those that are given, or the indices', async () => {
    const classifier = await model();
    expect(fitLabels(classifier, ['cat', 'dog'], 'l')).toEqual(['cat', 'dog']);
    expect(fitLabels(classifier, null, 'l')).toEqual(['0', '1']);
  });

  it('tell the number of classes where the model does not', async () => {
    const free = checkClassifier(await readSmall({ output: [value('scores', ['N', 'classes'])] }), 'm.onnx');
    expect(fitLabels(free, ['a', 'b', 'c'], 'l')).toEqual(['a', 'b', 'c']);
    expect(() => fitLabels(free, null, 'm.onnx')).toThrow('the output of m.onnx but it is free');
  });

  it('are as many as the classes', async () => {
    const classifier = await model();
    expect(() => fitLabels(classifier, ['cat'], 'l.txt')).toThrow(
      'l.txt is not valid. Expected 2 labels, as the model has classes, but found 1',
    );
  });
});
