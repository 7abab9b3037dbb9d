import { describe, expect, it } from 'vitest';
import { checkClassifier } from '../../../src/models/classifier.ts';
import { GRAPH, readSmall, value } from './small-model.ts';

type Arguments = Parameters<typeof readSmall>;

const check = async (...model: Arguments) => checkClassifier(await readSmall(...model), 'm.onnx');
/** The graph with one more node, of which nothing is used. */
const withNode = (node: object): Arguments => [{ node: [...GRAPH.node, node] }];

describe('a model that classifies images', () => {
  it('tells what it takes and gives', async () => {
    expect(await check()).toEqual({
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      bytes: expect.any(Number),
      ...{ producer: 'pytorch 2.9', opset: 17, parameters: 120 },
      input: { name: 'images', type: 'float32', layout: 'nchw', width: 5, height: 4 },
      output: { name: 'scores', classes: 2, isSoftmax: false },
      ...{ batch: 'any', quantisation: 'none', notes: [] },
    });
  });

  it.each([
    [['N', 4, 5, 3], 1, { type: 'float32', layout: 'nhwc', width: 5, height: 4 }],
    [[-1, 3, 'h', 'w'], 1, { type: 'float32', layout: 'nchw', width: null, height: null }],
    [[0, 'h', 'w', 3], 2, { type: 'uint8', layout: 'nhwc', width: null, height: null }],
    [['N', 3, 4, 3], 1, { type: 'float32', layout: 'nchw', width: 3, height: 4 }],
    [['N', 'a', 'b', 'c'], 1, { type: 'float32', layout: null, width: null, height: null }],
  ])('may take images of %j', async (dims, type, expected) => {
    const { input, batch } = await check({ input: [value('images', dims, type)] });
    expect(input).toEqual({ name: 'images', ...expected });
    expect(batch).toBe('any');
  });

  it('may take one image at a time', async () => {
    expect(await check({ input: [value('images', [1, 3, 4, 5])] })).toMatchObject({ batch: 1 });
  });

  it.each([
    [null, null],
    [['N', 'classes'], null],
    [[1, 7], 7],
  ])('may have an output of %j', async (dims, classes) => {
    expect((await check({ output: [value('scores', dims)] })).output.classes).toBe(classes);
  });

  it('tells probabilities by the softmax at its end, also behind copies', async () => {
    const ends = async (...operators: string[]) => {
      const last = operators.map((opType, at) => ({
        opType,
        input: [at === 0 ? 'scores' : `end${at - 1}`],
        output: [`end${at}`],
      }));
      const output = [value(`end${operators.length - 1}`, ['N', 2])];
      return (await check({ node: [...GRAPH.node, ...last], output })).output.isSoftmax;
    };
    expect(await ends('Softmax')).toBe(true);
    expect(await ends('Softmax', 'Identity', 'Identity')).toBe(true);
    expect(await ends('Softmax', 'Relu')).toBe(false);
    const circle = { opType: 'Identity', input: ['scores'], output: ['scores'] };
    expect((await check({ node: [circle] })).output.isSoftmax).toBe(false);
  });

  it('may have weights among its inputs where its version wants them there', async () => {
    const input = [...GRAPH.input, value('weights', [60, 2])];
    const { parameters } = await check({ input }, { irVersion: 3n });
    expect(parameters).toBe(120);
  });

  it('may be quantised by constants, and tells whether signs are mixed', async () => {
    const quantise = { opType: 'QuantizeLinear', input: ['images', 'scale', 'zero'], output: ['q'] };
    const zero = (dataType: number) => ({ name: 'zero', dims: [], dataType });
    const weights = (dataType: number) => ({ name: 'quantised', dims: [60n, 2n], dataType });
    const quantised = (...tensors: object[]) =>
      check({ node: [...GRAPH.node, quantise], initializer: [...GRAPH.initializer, ...tensors] });
    expect(await quantised(zero(2), weights(2))).toMatchObject({ quantisation: 'static', notes: [] });
    expect(await quantised(zero(3), weights(3))).toMatchObject({ quantisation: 'static', notes: [] });
    const { notes } = await quantised(zero(2), weights(3));
    expect(notes).toEqual([expect.stringContaining('U8S8')]);
  });

  it('may resize within, which is told', async () => {
    const { notes } = await check(...withNode({ opType: 'Resize', input: ['images'], output: ['r'] }));
    expect(notes).toEqual([expect.stringMatching(/^It has Resize in its graph/)]);
  });

  it('may have functions of its own', async () => {
    const node = { opType: 'Own', domain: 'own', input: ['images'], output: ['o'] };
    const functions = [{ name: 'Own', domain: 'own', node: [{ opType: 'Relu' }] }];
    expect(await check({ node: [...GRAPH.node, node] }, { functions })).toMatchObject({ opset: 17 });
    const random = [{ name: 'Own', domain: 'own', node: [{ opType: 'Bernoulli' }] }];
    await expect(check({}, { functions: random })).rejects.toThrow('but found Bernoulli');
  });
});

describe('a model is refused', () => {
  const branch = { name: 'then_branch', g: { node: [{ opType: 'RandomNormal', output: ['r'] }] } };
  const training = { name: 'training_mode', i: 1n };
  it.each<[string, Arguments, string]>([
    [
      'with dynamic quantisation',
      withNode({ opType: 'DynamicQuantizeLinear', input: ['images'], output: ['q', 's', 'z'] }),
      'found DynamicQuantizeLinear: with dynamic quantisation the answer for an image depends on the others in its batch',
    ],
    ['with integers by dynamic scales', withNode({ opType: 'ConvInteger' }), 'found ConvInteger'],
    ['with chance in a branch', withNode({ opType: 'If', attribute: [branch] }), 'but found RandomNormal'],
    [
      'that is in training',
      withNode({ opType: 'BatchNormalization', attribute: [training] }),
      '`training_mode` 1, which takes the mean of the batch',
    ],
    [
      'whose weights can be given as inputs',
      [{ input: [...GRAPH.input, value('weights', [60, 2])] }],
      'but 1 of them can be given as inputs, first "weights"',
    ],
    [
      'whose weights are in another file',
      [{ initializer: [{ name: 'weights', dims: [60n, 2n], dataType: 1, dataLocation: 1 }] }],
      'some are in files beside it',
    ],
    [
      'with operators of others',
      withNode({ opType: 'MSDeform', domain: 'mmdeploy' }),
      'found mmdeploy.MSDeform',
    ],
    ['of a newer IR', [{}, { irVersion: 14n }], 'Expected IR version 13 or older but found 14'],
    [
      'of newer operators',
      [{}, { opsetImport: [{ domain: 'ai.onnx', version: 27n }] }],
      'Expected operator set 7 to 26 but found 27',
    ],
    ['without a version of its operators', [{}, { opsetImport: [] }], 'but found none'],
    [
      'with two inputs',
      [{ input: [...GRAPH.input, value('mask', null)] }],
      'Expected one input, of images, but found "images" of float32[?, 3, 4, 5], "mask" of float32 of any shape',
    ],
    ['without an input', [{ input: [] }], 'Expected one input, of images, but found none'],
    [
      'with an input of other numbers',
      [{ input: [value('images', ['N', 3, 4, 5], 10)] }],
      'found "images" of float16[?, 3, 4, 5]',
    ],
    ['with flat images', [{ input: [value('images', ['N', 60])] }], 'found "images" of float32[?, 60]'],
    ['with one channel', [{ input: [value('x', ['N', 1, 28, 28])] }], 'images of three channels'],
    ['with an input that is no tensor', [{ input: [{ name: 'images' }] }], 'found "images" of no tensor'],
    [
      'for batches of one size',
      [{ input: [value('images', [8, 3, 4, 5])] }],
      'found "images" of float32[8, 3, 4, 5]: export it with a dynamic first dimension',
    ],
    ['with two outputs', [{ output: [...GRAPH.output, value('aux', ['N', 2])] }], 'Expected one output'],
    [
      'with an output that is no list of classes',
      [{ output: [value('map', ['N', 2, 4, 5])] }],
      'Expected float32[N, classes] as output, with at most 100000 classes, but found "map"',
    ],
    ['with too many classes', [{ output: [value('scores', ['N', 100_001])] }], 'at most 100000 classes'],
  ])('%s', async (_, model, words) => {
    await expect(check(...model)).rejects.toMatchObject({ code: 'INVALID_INPUT', source: 'user' });
    await expect(check(...model)).rejects.toThrow(words);
  });

  it('with every problem at once', async () => {
    const twice = check({ input: [], output: [] }, { irVersion: 99n });
    await expect(twice).rejects.toThrow(/IR version.*one input.*one output/);
  });
});
