import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  type NodeProtoSchema,
} from '../../../src/models/onnx/onnx_pb.js';
import { type NewTensor, onnxChunks } from '../../../src/models/onnx/write-onnx.ts';
import { seededRandom } from '../../../src/statistics/random.ts';
import { value } from './small-model.ts';

type Node = MessageInitShape<typeof NodeProtoSchema>;

/** Channels of the two convolutions, and classes. */
export const SIZES = { first: 16, second: 24, classes: 5 } as const;

/** A convolutional network of seeded weights: images of 3 x 33 x 29 in batches of any size, `[N, 24]` before its five classes. */
export function smallNetwork(): Buffer {
  const random = seededRandom(3);
  const tensor = (name: string, ...dims: number[]): NewTensor => ({
    name,
    dims,
    values: () => Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random() - 0.5),
  });
  const ints = (name: string, ...values: number[]) => ({ name, type: Kind.INTS, ints: values.map(BigInt) });
  const node = (
    opType: string,
    input: string[],
    output: string,
    attribute: Node['attribute'] = [],
  ): Node => ({
    ...{ opType, input, output: [output], attribute },
    name: output,
  });
  const { first, second, classes } = SIZES;
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'tests',
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'small network',
      node: [
        node('Conv', ['images', 'w1', 'b1'], 'conv1', [ints('pads', 1, 1, 1, 1), ints('strides', 2, 2)]),
        node('Relu', ['conv1'], 'relu1'),
        node('MaxPool', ['relu1'], 'pool1', [
          ints('kernel_shape', 3, 3),
          ints('strides', 2, 2),
          { name: 'ceil_mode', type: Kind.INT, i: 1n },
        ]),
        node('Conv', ['pool1', 'w2'], 'conv2', [
          { name: 'auto_pad', type: Kind.STRING, s: Buffer.from('SAME_UPPER') },
          ints('strides', 2, 2),
        ]),
        node('Conv', ['pool1', 'w3'], 'shortcut', [ints('strides', 2, 2), ints('dilations', 1, 1)]),
        node('Add', ['conv2', 'shortcut'], 'sum'),
        node('Sigmoid', ['sum'], 'gate'),
        node('Mul', ['sum', 'gate'], 'swish'),
        node('GlobalAveragePool', ['swish'], 'mean'),
        node('Flatten', ['mean'], 'features'),
        node('Gemm', ['features', 'w4', 'b4'], 'scores', [{ name: 'transB', type: Kind.INT, i: 1n }]),
      ],
      input: [value('images', ['N', 3, 33, 29])],
      output: [value('scores', ['N', classes])],
    },
  });
  const tensors = [
    tensor('w1', first, 3, 3, 3),
    tensor('b1', first),
    tensor('w2', second, first, 3, 3),
    tensor('w3', second, first, 1, 1),
    tensor('w4', classes, second),
    tensor('b4', classes),
  ];
  return Buffer.concat([...onnxChunks(model, tensors)]);
}
