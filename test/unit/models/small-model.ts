import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type GraphProto,
  type GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type ValueInfoProtoSchema,
} from '../../../src/models/onnx/onnx_pb.js';
import { readOnnx } from '../../../src/models/onnx/read-onnx.ts';

type GraphInit = Exclude<MessageInitShape<typeof GraphProtoSchema>, GraphProto>;
type ModelInit = Exclude<MessageInitShape<typeof ModelProtoSchema>, ModelProto>;

/** An input or output: texts are free dimensions. */
export function value(
  name: string,
  dims: readonly (number | string)[] | null,
  elemType = 1,
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const shape = dims?.map((dim) => ({
    value:
      typeof dim === 'number'
        ? { case: 'dimValue' as const, value: BigInt(dim) }
        : { case: 'dimParam' as const, value: dim },
  }));
  const tensor = shape === undefined ? { elemType } : { elemType, shape: { dim: shape } };
  return { name, type: { value: { case: 'tensorType', value: tensor } } };
}

/** Images of 5 x 4 pixels, flattened, times a matrix: scores of two classes. */
export const GRAPH = {
  node: [
    { opType: 'Flatten', input: ['images'], output: ['flat'] },
    { opType: 'MatMul', input: ['flat', 'weights'], output: ['scores'] },
  ],
  initializer: [{ name: 'weights', dims: [60n, 2n], dataType: 1, rawData: new Uint8Array(480).fill(7) }],
  input: [value('images', ['N', 3, 4, 5])],
  output: [value('scores', ['N', 2])],
} satisfies GraphInit;

/** @param graph in the place of some fields of `GRAPH` */
export function smallModel(graph: Partial<GraphInit> = {}, others: ModelInit = {}): Uint8Array {
  const model: ModelInit = {
    irVersion: 8n,
    producerName: 'pytorch',
    producerVersion: '2.9',
    opsetImport: [{ domain: '', version: 17n }],
    ...others,
    graph: { ...GRAPH, ...graph },
  };
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, model));
}

/** In pieces of so many bytes. */
export async function* inPieces(bytes: Uint8Array, length = 64): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

export function readSmall(graph?: Partial<GraphInit>, others?: ModelInit) {
  return readOnnx(inPieces(smallModel(graph, others)), 'small.onnx');
}
