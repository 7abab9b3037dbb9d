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

/** What a convolution, or the matrix at the end, multiplies by and adds: asked for once each, in the order of the file. */
export interface LayerValues {
  readonly weight: () => Float32Array;
  readonly bias: () => Float32Array;
}

export interface LayerShape {
  /** As torchvision and timm call it, e.g. `layer1.0.conv3`, `layer1.0.downsample`, `fc`. */
  readonly name: string;
  /** Of its weight: what comes out, what goes in, and the sides of a convolution. */
  readonly dims: readonly number[];
}

/**
 * The ONNX file of a ResNet-50 with seeded weights, for measuring: it takes the time of a trained one, and its answers mean nothing.
 *
 * @returns its 102 MB in pieces, the same each time
 */
export function seededResnet50(): Generator<Uint8Array> {
  const random = seededRandom(50);
  return resnet50(CLASSES, ({ name, dims }) => {
    const [to = 0, ...within] = dims;
    const count = (lengths: readonly number[]) => lengths.reduce((product, dim) => product * dim, 1);
    // As He et al. draw them (https://arxiv.org/abs/1502.01852), but uniform: of variance 2 / fan-in.
    const bound = (name.endsWith('.conv3') ? BLOCK_GAIN : 1) * Math.sqrt(6 / count(within));
    return {
      weight: () => {
        const drawn = new Float32Array(count(dims));
        for (let at = 0; at < drawn.length; at += 1) drawn[at] = (2 * random() - 1) * bound;
        return drawn;
      },
      bias: () => new Float32Array(to),
    };
  });
}

/**
 * The ONNX file of a ResNet-50 (https://arxiv.org/abs/1512.03385). As torchvision has it: the stride is that of the 3x3 convolutions; batch
 * normalisation is folded into the convolutions, as exporters do.
 *
 * @param valuesOf the layers
 * @returns the file in pieces
 */
export function resnet50(
  classes: number,
  valuesOf: (layer: LayerShape) => LayerValues,
): Generator<Uint8Array> {
  const nodes: MessageInitShape<typeof NodeProtoSchema>[] = [];
  const tensors: NewTensor[] = [];

  const node = (opType: string, input: string[], output: string, attribute: Attribute[] = []) => {
    nodes.push({ opType, name: output, input, output: [output], attribute });
    return output;
  };
  /** @returns the names of its weight and of its bias */
  const layer = (name: string, dims: readonly [number, ...number[]]) => {
    const { weight, bias } = valuesOf({ name, dims });
    tensors.push({ name: `${name}.weight`, dims, values: weight });
    tensors.push({ name: `${name}.bias`, dims: [dims[0]], values: bias });
    return [`${name}.weight`, `${name}.bias`];
  };
  const convolution = (
    input: string,
    name: string,
    [from, to]: readonly [number, number],
    side: number,
    stride = 1,
  ) =>
    node('Conv', [input, ...layer(name, [to, from, side, side])], name, [
      ints('kernel_shape', [side, side]),
      ints('pads', Array(4).fill((side - 1) / 2)),
      ints('strides', [stride, stride]),
    ]);
  const relu = (input: string) => node('Relu', [input], `${input}.relu`);

  let at = relu(convolution('input', 'conv1', [3, 64], 7, 2));
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
      const first = relu(convolution(at, `${name}.conv1`, [from, channels], 1));
      const second = relu(convolution(first, `${name}.conv2`, [channels, channels], 3, stride));
      const third = convolution(second, `${name}.conv3`, [channels, to], 1);
      const shortcut = block === 0 ? convolution(at, `${name}.downsample`, [from, to], 1, stride) : at;
      at = relu(node('Add', [third, shortcut], name));
      from = to;
    }
  }
  at = node('GlobalAveragePool', [at], 'avgpool');
  at = node('Flatten', [at], 'flatten');
  node('Gemm', [at, ...layer('fc', [classes, from])], 'logits', [{ name: 'transB', type: Kind.INT, i: 1n }]);

  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'fanfleet',
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'resnet50',
      node: nodes,
      input: [float32('input', 3, 224, 224)],
      output: [float32('logits', classes)],
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
