import { fromStart, type KnownNode, type Shape } from './known-shapes.ts';
import type { TensorProto } from './onnx_pb.js';
import { DATA_TYPE } from './values.ts';

/** The integers of a constant, where they are few and there is a shape of them: a number alone, or a list. */
export function constantIntegers({ dataType, dims, rawData, int64Data }: TensorProto): Shape | undefined {
  if (dataType !== DATA_TYPE.int64 || dims.length > 1) return undefined;
  const count = Number(dims[0] ?? 1n);
  if (int64Data.length === count) return int64Data.map(Number);
  if (rawData?.length !== 8 * count) return undefined;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.length);
  return Array.from({ length: count }, (_, at) => Number(view.getBigInt64(8 * at, true)));
}

/** By the operator, the list of integers that it makes of others: how exporters compute what `Reshape` takes. */
export const INTEGERS: Readonly<Record<string, (node: KnownNode) => Shape | undefined>> = {
  Shape: (node) => node.shape(0),
  Identity: (node) => node.integers(0),
  Cast: (node) => node.integers(0),
  Squeeze: (node) => node.integers(0),
  Unsqueeze: (node) => node.integers(0),
  Concat: (node) => {
    const parts = Array.from({ length: node.inputs }, (_, input) => node.integers(input));
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  },
  Gather: (node) => {
    const [from, at] = [node.integers(0), node.integers(1)];
    if (from === undefined) return undefined;
    return at?.map((index) =>
      typeof index === 'number' ? (from[fromStart(index, from.length)] ?? null) : null,
    );
  },
  Slice: (node) => {
    const from = node.integers(0);
    const [start, end, step = 1] = [1, 2, 4].map((input) => node.integers(input)?.[0]);
    if (typeof start !== 'number' || typeof end !== 'number' || step !== 1) return undefined;
    return from?.slice(start, end);
  },
};
