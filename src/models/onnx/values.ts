import type { ValueInfoProto } from './onnx_pb.js';

/** What ONNX calls the types of elements, by their numbers in `TensorProto.DataType`. */
const TYPES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
] as const;

/** By its number. */
export const DATA_TYPE = { float32: 1, uint8: 2, int8: 3, int64: 7 } as const;

/** An input or output of a graph. */
export interface OnnxValue {
  readonly name: string;
  /** Of its elements; null for what is no tensor. */
  readonly type: string | null;
  /** Of each dimension its length; null where that is free. Null where nothing is known of them. */
  readonly shape: readonly (number | null)[] | null;
}

export function describeValue({ name = '', type }: ValueInfoProto): OnnxValue {
  if (type?.value.case !== 'tensorType') return { name, type: null, shape: null };
  const { elemType = 0, shape } = type.value.value;
  const lengths = shape?.dim.map(({ value }) => {
    // Exporters write 0 or -1 for a length that is free.
    return value.case === 'dimValue' && value.value > 0n ? Number(value.value) : null;
  });
  return { name, type: TYPES[elemType] ?? `type ${elemType}`, shape: lengths ?? null };
}

/** As `float32[?, 3, 224, 224]`. */
export function valueText({ type, shape }: OnnxValue): string {
  if (type === null) return 'no tensor';
  return shape === null
    ? `${type} of any shape`
    : `${type}[${shape.map((length) => length ?? '?').join(', ')}]`;
}
