import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { seededRandom } from '../../statistics/random.ts';
import {
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  type NodeProtoSchema,
  type ValueInfoProtoSchema,
} from '../onnx/onnx_pb.js';
import { DATA_TYPE } from '../onnx/values.ts';
import { type NewTensor, onnxChunks } from '../onnx/write-onnx.ts';

const CLASSES = 1000;
/** Of each stage the number of its blocks and the channels within them; four times as many come out. */
const STAGES = [
  { blocks: 3, channels: 64 },
  { blocks: 4, channels: 128 },
  { blocks: 6, channels: 256 },
  { blocks: 3, channels: 512 },
] as const;
/** Of the last convolution of a block: so that activations keep their size through all of them, without normalisation. */
const BLOCK_GAIN = 0.25;

/**
 * The ONNX file of a ResNet-50 (https://arxiv.org/abs/1512.03385) with seeded weights, for measuring: it takes the time of a trained one, and its
 * answers mean nothing. As torchvision has it: the stride is that of the 3x3 convolutions; batch normalisation is folded into the convolutions, as
 * exporters do.
 *
 * @returns its 102 MB in pieces, the same each time
 */
export function resnet50(): Generator<Uint8Array> {
  const nodes: MessageInitShape<typeof NodeProtoSchema>[] = [];
  const tensors: NewTensor[] = [];
  const random = seededRandom(50);

  const node = (opType: string, input: string[], output: string, attribute: Attribute[] = []) => {
    nodes.push({ opType, name: output, input, output: [output], attribute });
    return output;
  };
  /** Weights as He et al. draw them (https://arxiv.org/abs/1502.01852), but uniform: of variance 2 / fan-in. */
  const weights = (name: string, dims: readonly number[], gain: number) => {
    const [, ...within] = dims;
    const bound = gain * Math.sqrt(6 / within.reduce((product, dim) => product * dim, 1));
    const count = dims.reduce((product, dim) => product * dim, 1);
    const values = () => {
      const drawn = new Float32Array(count);
      for (let at = 0; at < count; at += 1) drawn[at] = (2 * random() - 1) * bound;
      return drawn;
    };
    tensors.push({ name, dims, values });
    return name;
  };
  const zeros = (name: string, count: number) => {
    tensors.push({ name, dims: [count], values: () => new Float32Array(count) });
    return name;
  };
  const convolution = (
    input: string,
    name: string,
    [from, to]: readonly [number, number],
    side: number,
    { stride = 1, gain = 1 },
  ) =>
    node(
      'Conv',
      [input, weights(`${name}.weight`, [to, from, side, side], gain), zeros(`${name}.bias`, to)],
      name,
      [
        ints('kernel_shape', [side, side]),
        ints('pads', Array(4).fill((side - 1) / 2)),
        ints('strides', [stride, stride]),
      ],
    );
  const relu = (input: string) => node('Relu', [input], `${input}.relu`);

  let at = relu(convolution('input', 'conv1', [3, 64], 7, { stride: 2 }));
  at = node('MaxPool', [at], 'maxpool', [
    ints('kernel_shape', [3, 3]),
    ints('pads', [1, 1, 1, 1]),
    ints('strides', [2, 2]),
  ]);
  let from = 64;
  for (const [stage, { blocks, channels }] of STAGES.entries()) {
    for (let block = 0; block < blocks; block += 1) {
      const name = `layer${stage + 1}.${block}`;
      const to = 4 * channels;
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const first = relu(convolution(at, `${name}.conv1`, [from, channels], 1, {}));
      const second = relu(convolution(first, `${name}.conv2`, [channels, channels], 3, { stride }));
      const third = convolution(second, `${name}.conv3`, [channels, to], 1, { gain: BLOCK_GAIN });
      const shortcut = block === 0 ? convolution(at, `${name}.downsample`, [from, to], 1, { stride }) : at;
      at = relu(node('Add', [third, shortcut], name));
      from = to;
    }
  }
  at = node('GlobalAveragePool', [at], 'avgpool');
  at = node('Flatten', [at], 'flatten');
  node('Gemm', [at, weights('fc.weight', [CLASSES, from], 1), zeros('fc.bias', CLASSES)], 'logits', [
    { name: 'transB', type: Kind.INT, i: 1n },
  ]);

  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'fanfleet',
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'resnet50',
      node: nodes,
      input: [float32('input', 3, 224, 224)],
      output: [float32('logits', CLASSES)],
    },
  });
  return onnxChunks(model, tensors);
}

type Attribute = { name: string; type: Kind; ints?: bigint[]; i?: bigint };

function ints(name: string, values: readonly number[]): Attribute {
  return { name, type: Kind.INTS, ints: values.map(BigInt) };
}

/** With a batch of any size before these dimensions. */
function float32(name: string, ...dims: number[]): MessageInitShape<typeof ValueInfoProtoSchema> {
  const fixed = dims.map((dim) => ({ value: { case: 'dimValue' as const, value: BigInt(dim) } }));
  const batch = { value: { case: 'dimParam' as const, value: 'batch' } };
  const tensor = { elemType: DATA_TYPE.float32, shape: { dim: [batch, ...fixed] } };
  return { name, type: { value: { case: 'tensorType', value: tensor } } };
}
