import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { GraphProtoSchema, type ModelProto, ModelProtoSchema, TensorProtoSchema } from './onnx_pb.js';
import { DATA_TYPE } from './values.ts';

/** An initialiser of float32 whose values are made when they are written. */
export interface NewTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** Little-endian, as processors that run Node have them. */
  readonly values: () => Float32Array;
}

/**
 * The bytes of an ONNX file, in pieces, so that no more than one of its tensors is held at once. The same model and tensors give the
 * same bytes.
 *
 * @param model without initialisers
 */
export function* onnxChunks(model: ModelProto, tensors: readonly NewTensor[]): Generator<Uint8Array> {
  const heads = tensors.map(tensorHead);
  const { graph, ...others } = model;
  const body = toBinary(GraphProtoSchema, graph ?? create(GraphProtoSchema));
  const bytes = heads.reduce((sum, { head, values }) => sum + head.length + values, body.length);
  yield toBinary(ModelProtoSchema, create(ModelProtoSchema, others));
  yield opening(ModelProtoSchema.field.graph.number, bytes);
  yield body;
  for (const [index, { head }] of heads.entries()) {
    yield head;
    const values = tensors[index]?.values() ?? new Float32Array(0);
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
}

/** What stands before the values of an initialiser, and how many bytes these have. */
function tensorHead({ name, dims }: NewTensor) {
  const values = 4 * dims.reduce((product, dim) => product * dim, 1);
  const fields = toBinary(
    TensorProtoSchema,
    create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: DATA_TYPE.float32 }),
  );
  const data = opening(TensorProtoSchema.field.rawData.number, values);
  const tensor = opening(GraphProtoSchema.field.initializer.number, fields.length + data.length + values);
  return { head: Buffer.concat([tensor, fields, data]), values };
}

function opening(field: number, bytes: number): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(bytes).finish();
}
