import { allNodes, allTensors } from './nodes.ts';
import type { ModelProto } from './onnx_pb.js';
import { DATA_TYPE } from './values.ts';

/** Those of both forms: between QuantizeLinear and DequantizeLinear (QDQ), or with operators of integers. */
const STATIC = /^(De)?QuantizeLinear$|^QLinear/;

/** Whether it computes with integers, whose scales are constants. */
export function isQuantised(model: ModelProto): boolean {
  return [...allNodes(model)].some(({ opType = '' }) => STATIC.test(opType));
}

/**
 * Whether weights with a sign meet activations without one (U8S8). Then processors without VNNI add pairs of products in 16 bits,
 * which saturate unless the weights have 7 bits (`reduce_range`): other answers than elsewhere.
 */
export function mixesSigns(model: ModelProto): boolean {
  if (!isQuantised(model)) return false;
  const tensors = [...allTensors(model)];
  // What is multiplied has two dimensions at least, and a zero point one at most; without one, activations have no sign.
  const signed = tensors.some(({ dataType, dims }) => dataType === DATA_TYPE.int8 && dims.length > 1);
  const unsigned = tensors.some(({ dataType, dims }) => dataType === DATA_TYPE.uint8 && dims.length < 2);
  const byDefault = [...allNodes(model)].some(
    ({ opType, input }) => opType === 'QuantizeLinear' && (input[2] ?? '') === '',
  );
  return signed && (unsigned || byDefault);
}
