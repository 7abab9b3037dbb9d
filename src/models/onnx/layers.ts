import { constantIntegers, INTEGERS } from './known-integers.ts';
import { type Known, KnownNode, type Length, type Shape } from './known-shapes.ts';
import type { ModelProto, NodeProto, TensorProto, ValueInfoProto } from './onnx_pb.js';
import { SHAPES } from './operator-shapes.ts';
import { DATA_TYPE, describeValue } from './values.ts';

/** Most numbers of an embedding. */
const MOST_LENGTH = 65_536;

/** A value of a graph that can be the embedding of an image. */
export interface Layer {
  /** Of the value, by which it is asked for. */
  readonly name: string;
  /** Of the node that makes it. */
  readonly operator: string;
  /** Of an image: `[length]`, or `[length, height, width]` of which the mean is taken. */
  readonly shape: readonly number[];
}

/** A value of a graph that a node makes. */
interface Value {
  readonly name: string;
  readonly operator: string;
  /** Of its elements, the number that ONNX has for their type; undefined where it is not known. */
  readonly elements: number | undefined;
  /** Undefined where it is not known. */
  readonly shape: Shape | undefined;
}

/**
 * The values that can be embeddings, in the order of the graph: float32, of each image a list of numbers, or as many planes, of which the means are
 * taken. What the file says of their shapes is believed; all else is told by the operators.
 */
export function layersOf(model: ModelProto): Layer[] {
  return valuesOf(model).flatMap(({ name, operator, elements, shape }) => {
    const [images, ...each] = shape ?? [];
    if (elements !== DATA_TYPE.float32 || images !== 'N' || !isEmbedding(each) || operator === 'Constant')
      return [];
    return { name, operator, shape: each };
  });
}

function isEmbedding(each: readonly Length[]): each is number[] {
  const [length] = each;
  if (!each.every((one) => typeof one === 'number' && one > 0)) return false;
  return (each.length === 1 || each.length === 3) && Number(length) <= MOST_LENGTH;
}

/** All values of the graph that nodes make. */
export function valuesOf({ graph }: ModelProto): Value[] {
  const known: Known = { shapes: new Map(), integers: new Map() };
  const types = new Map<string, number | undefined>();
  for (const tensor of graph?.initializer ?? []) note(tensor.name ?? '', tensor, known, types);
  const initialisers = new Set(known.shapes.keys());
  const images = (graph?.input ?? []).find(({ name = '' }) => !initialisers.has(name));
  const batch = images && batchName(images);
  const told = new Map(
    [...(graph?.valueInfo ?? []), ...(graph?.output ?? [])].map((info) => [info.name, info]),
  );
  if (images !== undefined) {
    const { name, shape } = describeValue(images);
    if (shape !== null) known.shapes.set(name, ['N', ...shape.slice(1)]);
    types.set(name, elementsOf(images));
  }
  return (graph?.node ?? []).flatMap((node) => {
    infer(node, known, types);
    return node.output.flatMap((name) => {
      if (name === '') return [];
      const info = told.get(name);
      const shape = merged(known.shapes.get(name), info && toldShape(info, batch));
      if (shape !== undefined) known.shapes.set(name, shape);
      const elements = (info && elementsOf(info)) ?? types.get(name);
      types.set(name, elements);
      return { name, operator: node.opType ?? '', elements, shape };
    });
  });
}

/** Note what is known of the first output of a node. Of further ones nothing is. */
function infer(node: NodeProto, known: Known, types: Map<string, number | undefined>): void {
  const [name = ''] = node.output;
  const { opType = '', domain = '' } = node;
  if (domain !== '' && domain !== 'ai.onnx') return;
  const view = new KnownNode(node, known);
  const shape = SHAPES[opType]?.(view);
  const integers = INTEGERS[opType]?.(view);
  if (shape !== undefined) known.shapes.set(name, shape);
  if (integers !== undefined) known.integers.set(name, integers);
  const constant = opType === 'Constant' ? view.tensor('value') : undefined;
  if (constant !== undefined) note(name, constant, known, types);
  else types.set(name, elementsAfter(view, opType, types.get(node.input[0] ?? '')));
}

function note(name: string, tensor: TensorProto, known: Known, types: Map<string, number | undefined>): void {
  known.shapes.set(name, tensor.dims.map(Number));
  types.set(name, tensor.dataType);
  const integers = constantIntegers(tensor);
  if (integers !== undefined) known.integers.set(name, integers);
}

/** Those operators that have rules for their shapes keep the type of what they take, but for these. */
function elementsAfter(node: KnownNode, operator: string, before: number | undefined): number | undefined {
  if (operator === 'Cast') return node.integer('to', DATA_TYPE.float32);
  if (operator === 'QuantizeLinear') return DATA_TYPE.uint8;
  if (operator === 'DequantizeLinear') return DATA_TYPE.float32;
  return operator in SHAPES ? before : undefined;
}

/** What the file says of a shape; the dimension of the batch is that which has the name that the input's has. */
function toldShape(info: ValueInfoProto, batch: string | undefined): Shape | undefined {
  const { shape } = describeValue(info);
  if (shape === null) return undefined;
  const isOfBatch = batch !== undefined && batchName(info) === batch;
  return isOfBatch ? ['N', ...shape.slice(1)] : shape;
}

function merged(inferred: Shape | undefined, told: Shape | undefined): Shape | undefined {
  if (told === undefined || inferred === undefined || told.length !== inferred.length)
    return told ?? inferred;
  return inferred.map((length, axis) => length ?? told[axis] ?? null);
}

/** The name of the first dimension. */
function batchName({ type }: ValueInfoProto): string | undefined {
  if (type?.value.case !== 'tensorType') return undefined;
  const first = type.value.value.shape?.dim[0]?.value;
  return first?.case === 'dimParam' ? first.value : undefined;
}

function elementsOf({ type }: ValueInfoProto): number | undefined {
  return type?.value.case === 'tensorType' ? type.value.value.elemType : undefined;
}
