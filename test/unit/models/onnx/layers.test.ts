import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { layersOf, valuesOf } from '../../../../src/models/onnx/layers.ts';
import {
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  type NodeProtoSchema,
} from '../../../../src/models/onnx/onnx_pb.js';
import { readOnnx } from '../../../../src/models/onnx/read-onnx.ts';
import { inPieces, readSmall, value } from '../small-model.ts';
import { smallNetwork } from '../small-network.ts';

type Node = MessageInitShape<typeof NodeProtoSchema>;
type Attributes = Record<string, number | number[] | string>;

/** A node that makes `out`. */
function node(opType: string, input: string[], attributes: Attributes = {}, output = 'out'): Node {
  const attribute = Object.entries(attributes).map(([name, given]) => {
    if (typeof given === 'number') return { name, type: Kind.INT, i: BigInt(given) };
    if (typeof given === 'string') return { name, type: Kind.STRING, s: Buffer.from(given) };
    return { name, type: Kind.INTS, ints: given.map(BigInt) };
  });
  return { opType, input, output: [output], attribute };
}

function integers(name: string, ...values: number[]) {
  const rawData = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
  return { name, dims: [BigInt(values.length)], dataType: 7, rawData };
}

const floats = (name: string, ...dims: number[]) => ({ name, dims: dims.map(BigInt), dataType: 1 });

/** The shape of `out` in a graph of these nodes, whose images are [N, 3, 8, 6]. */
function shapeAfter(nodes: Node[], initializer: object[] = []) {
  const model = create(ModelProtoSchema, {
    graph: { node: nodes, initializer, input: [value('images', ['N', 3, 8, 6])] },
  });
  return valuesOf(model).at(-1)?.shape;
}

describe('shapes of what operators make', () => {
  it.each<[string, Node[], object[], unknown]>([
    ['of the same shape', [node('Relu', ['images'])], [], ['N', 3, 8, 6]],
    ['spread', [node('Add', ['scale', 'images'])], [floats('scale', 3, 1, 1)], ['N', 3, 8, 6]],
    ['that do not fit', [node('Add', ['scale', 'images'])], [floats('scale', 2, 1, 1)], ['N', null, 8, 6]],
    ['a convolution', [node('Conv', ['images', 'w'])], [floats('w', 4, 3, 3, 3)], ['N', 4, 6, 4]],
    [
      'with strides, dilations and pads',
      [node('Conv', ['images', 'w'], { strides: [2, 1], dilations: [2, 1], pads: [1, 0, 1, 2] })],
      [floats('w', 4, 3, 3, 3)],
      ['N', 4, 3, 6],
    ],
    [
      'padded to the same',
      [node('Conv', ['images', 'w'], { strides: [3, 4], auto_pad: 'SAME_UPPER' })],
      [floats('w', 4, 3, 3, 3)],
      ['N', 4, 3, 2],
    ],
    ['of unknown weights', [node('Conv', ['images', 'w'])], [], undefined],
    ['a pool', [node('MaxPool', ['images'], { kernel_shape: [3, 3], strides: [2, 2] })], [], ['N', 3, 3, 2]],
    [
      'rounded up',
      [node('AveragePool', ['images'], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 })],
      [],
      ['N', 3, 4, 3],
    ],
    ['of all', [node('GlobalMaxPool', ['images'])], [], ['N', 3, 1, 1]],
    ['means', [node('ReduceMean', ['images'], { axes: [-1, 2], keepdims: 0 })], [], ['N', 3]],
    ['means by an input', [node('ReduceMean', ['images', 'a'])], [integers('a', 2, 3)], ['N', 3, 1, 1]],
    ['flat', [node('Flatten', ['images'])], [], ['N', 144]],
    ['flat from the end', [node('Flatten', ['images'], { axis: -1 })], [], [null, 6]],
    [
      'a product with a matrix, turned or not',
      [node('Flatten', ['images'], {}, 'flat'), node('Gemm', ['flat', 'w'], { transB: 1 })],
      [floats('w', 7, 144)],
      ['N', 7],
    ],
    ['of many matrices', [node('MatMul', ['images', 'w'])], [floats('w', 6, 2)], ['N', 3, 8, 2]],
    ['joined', [node('Concat', ['images', 'images'], { axis: -3 })], [], ['N', 6, 8, 6]],
    ['turned', [node('Transpose', ['images'], { perm: [0, 2, 3, 1] })], [], ['N', 8, 6, 3]],
    ['from behind', [node('Transpose', ['images'])], [], [6, 8, 3, 'N']],
    ['in another form', [node('Reshape', ['images', 's'])], [integers('s', 0, -1)], ['N', 144]],
    ['with the images left over', [node('Reshape', ['images', 's'])], [integers('s', -1, 144)], ['N', 144]],
    [
      'where parts of images become rows',
      [node('Reshape', ['images', 's'])],
      [integers('s', -1, 48)],
      [null, 48],
    ],
    [
      'less a dimension',
      [node('ReduceMax', ['images'], { axes: [2] }, 'r'), node('Squeeze', ['r'], { axes: [2] })],
      [],
      ['N', 3, 6],
    ],
    ['with one more', [node('Unsqueeze', ['images', 'a'])], [integers('a', -1)], ['N', 3, 8, 6, 1]],
    [
      'one of many',
      [node('Gather', ['images', 'i'], { axis: 1 })],
      [{ ...integers('i', 0), dims: [] }],
      ['N', 8, 6],
    ],
    ['by an operator that is not known', [node('Unheard', ['images'])], [], undefined],
  ])('%s', (_, nodes, initializer, shape) => {
    expect(shapeAfter(nodes, initializer)).toEqual(shape);
  });

  it('are computed where exporters have it done in the graph', () => {
    const nodes = [
      node('Shape', ['images'], {}, 'shape'),
      node('Gather', ['shape', 'zero'], {}, 'count'),
      node('Unsqueeze', ['count', 'zero'], {}, 'first'),
      node('Concat', ['first', 'rest'], { axis: 0 }, 'wanted'),
      node('Reshape', ['images', 'wanted']),
    ];
    expect(shapeAfter(nodes, [integers('zero', 0), integers('rest', -1)])).toEqual(['N', 144]);
    const sliced = [
      node('Shape', ['images'], {}, 'shape'),
      node('Slice', ['shape', 'zero', 'one'], {}, 'first'),
      node('Cast', ['first'], { to: 7 }, 'cast'),
      node('Concat', ['cast', 'rest'], { axis: 0 }, 'wanted'),
      node('Reshape', ['images', 'wanted']),
    ];
    const constants = [integers('zero', 0), integers('one', 1), integers('rest', 144)];
    expect(shapeAfter(sliced, constants)).toEqual(['N', 144]);
  });

  it('are those of the file where the operators do not tell', () => {
    const told = (dims: (string | number)[]) =>
      create(ModelProtoSchema, {
        graph: {
          node: [node('Unheard', ['images'])],
          input: [value('images', ['N', 3, 8, 6])],
          valueInfo: [value('out', dims)],
        },
      });
    expect(layersOf(told(['N', 12]))).toEqual([{ name: 'out', operator: 'Unheard', shape: [12] }]);
    expect(layersOf(told(['M', 12]))).toEqual([]);
  });
});

describe('layers that can be embeddings', () => {
  it('are lists and planes of float32 of each image, in the order of the graph', async () => {
    const { model } = await readOnnx(inPieces(smallNetwork()), 'network.onnx');
    expect(layersOf(model)).toEqual([
      { name: 'conv1', operator: 'Conv', shape: [16, 17, 15] },
      { name: 'relu1', operator: 'Relu', shape: [16, 17, 15] },
      { name: 'pool1', operator: 'MaxPool', shape: [16, 8, 7] },
      { name: 'conv2', operator: 'Conv', shape: [24, 4, 4] },
      { name: 'shortcut', operator: 'Conv', shape: [24, 4, 4] },
      { name: 'sum', operator: 'Add', shape: [24, 4, 4] },
      { name: 'gate', operator: 'Sigmoid', shape: [24, 4, 4] },
      { name: 'swish', operator: 'Mul', shape: [24, 4, 4] },
      { name: 'mean', operator: 'GlobalAveragePool', shape: [24, 1, 1] },
      { name: 'features', operator: 'Flatten', shape: [24] },
      { name: 'scores', operator: 'Gemm', shape: [5] },
    ]);
  });

  it('are not of other types, nor of all images together', async () => {
    const { model } = await readSmall({
      node: [
        { opType: 'Cast', input: ['images'], output: ['whole'], attribute: [{ name: 'to', i: 7n }] },
        { opType: 'Flatten', input: ['whole'], output: ['integers'] },
        { opType: 'Flatten', input: ['images'], output: ['together'], attribute: [{ name: 'axis', i: 0n }] },
      ],
      output: [value('together', [1, 60])],
    });
    expect(layersOf(model)).toEqual([]);
  });
});
