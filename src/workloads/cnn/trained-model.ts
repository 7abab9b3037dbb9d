import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../../models/onnx/onnx_pb.js';
import { DATA_TYPE, describeValue } from '../../models/onnx/values.ts';
import { BATCH } from './params.ts';
import { damaged, type State } from './state.ts';

/** The input and the output of such a model: uint8[N, height, width, 3], and float32[N, classes]. */
const IMAGES = 'images';
const SCORES = 'scores';

/**
 * A trained network as an ONNX file that stands by itself: the graph of evaluation with the values as constants, for any number of images
 * at once, with a score of each class that was learnt. Its operations are those of the graph, so that it takes images for the same,
 * each with the same scores whatever else is in its batch.
 *
 * @param evaluation the graph, of 32 images and 100 classes
 * @param state of the network, with the values in the end
 * @throws FanfleetError `OUTCOME_DAMAGED` where there are not as many values as the graph takes
 */
export function trainedModel(
  evaluation: Uint8Array,
  { classes, values }: Pick<State, 'classes' | 'values'>,
): Uint8Array {
  const model = fromBinary(ModelProtoSchema, evaluation);
  const { graph } = model;
  const [input, output] = [graph?.input.find(({ name }) => name === IMAGES), graph?.output[0]];
  if (graph === undefined || input === undefined || output === undefined)
    throw damaged('its graph takes no images');
  const all = output.name ?? '';
  const weights = weightsOf(graph.input, values);
  freeBatch(graph);
  addOneImage(graph);
  const bounds = { begin: [0, 0], end: [-1, classes], axes: [0, 1] };
  const names = Object.entries(bounds).map(([name, numbers]) =>
    constant(graph, `${SCORES}.${name}`, numbers),
  );
  graph.node.push(nodeOf('Slice', [all, ...names], SCORES));
  const used = new Set(graph.node.flatMap((node) => node.input));
  graph.initializer = [...graph.initializer.filter(({ name = '' }) => used.has(name)), ...weights];
  const [, ...image] = describeValue(input).shape ?? [];
  graph.input = [imageValue(IMAGES, DATA_TYPE.uint8, image)];
  graph.output = [imageValue(SCORES, DATA_TYPE.float32, [classes])];
  model.producerName = 'fanfleet';
  return toBinary(ModelProtoSchema, model);
}

/** The values in the order of the inputs of the graph, each as a constant with the name of its input. */
function weightsOf(inputs: readonly ValueInfoProto[], values: Float32Array) {
  let at = 0;
  const weights = inputs.map(describeValue).flatMap(({ name, shape }) => {
    if (name === IMAGES) return [];
    const dims = (shape ?? []).map((length) => length ?? 0);
    const end = at + dims.reduce((product, length) => product * length, 1);
    const own = values.slice(at, end);
    at = end;
    const rawData = new Uint8Array(own.buffer);
    return [
      create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: DATA_TYPE.float32, rawData }),
    ];
  });
  if (at !== values.length) throw damaged(`there are ${values.length} and not ${at}`);
  return weights;
}

/**
 * Have the graph take any number of images: shapes that it gives to what is made of them begin with a length that follows from the others,
 * and what is only spread to that of 32 is spread to one, which counts for all.
 */
function freeBatch(graph: GraphProto): void {
  const shapes = new Map(graph.initializer.map((tensor) => [tensor.name ?? '', tensor] as const));
  const ofImages = new Set([IMAGES]);
  for (const node of graph.node) {
    const [from = '', shape = ''] = node.input;
    const isOfImages = node.input.some((name) => ofImages.has(name));
    if (isOfImages) for (const name of node.output) ofImages.add(name);
    const isGiven = node.opType === 'Reshape' ? isOfImages : node.opType === 'Expand' && !isOfImages;
    const [first, ...others] = isGiven ? numbersIn(shapes.get(shape)) : [];
    if (first === undefined || (!isOfImages && first !== BATCH)) continue;
    node.input = [from, constant(graph, `${node.output[0]}.shape`, [isOfImages ? -1 : 1, ...others])];
  }
}

/** One of zeros behind the images, before places are added up: of a single image ONNX Runtime would do that in another order. */
function addOneImage(graph: GraphProto): void {
  graph.node = graph.node.flatMap((node) => {
    if (node.opType !== 'ReduceSum') return [node];
    const [from = '', ...others] = node.input;
    const more = `${from}.more`;
    node.input = [more, ...others];
    return [nodeOf('Pad', [from, constant(graph, `${more}.pads`, [0, 0, 0, 0, 1, 0, 0, 0])], more), node];
  });
}

function nodeOf(opType: string, input: string[], output: string): NodeProto {
  return create(NodeProtoSchema, { opType, name: output, input, output: [output] });
}

/** The numbers of a constant of int64; none of any other. */
function numbersIn(tensor: TensorProto | undefined): number[] {
  if (tensor?.dataType !== DATA_TYPE.int64) return [];
  return Array.from(new BigInt64Array(Uint8Array.from(tensor.rawData ?? []).buffer), Number);
}

/** Add one of int64 to a graph. */
function constant(graph: GraphProto, name: string, numbers: readonly number[]): string {
  const rawData = new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);
  const [dims, dataType] = [[BigInt(numbers.length)], DATA_TYPE.int64];
  graph.initializer.push(create(TensorProtoSchema, { name, dims, dataType, rawData }));
  return name;
}

/** With any number of these. */
function imageValue(name: string, elemType: number, lengths: readonly (number | null)[]): ValueInfoProto {
  const fixed = lengths.map((length) => ({
    value: { case: 'dimValue' as const, value: BigInt(length ?? 0) },
  }));
  const dim = [{ value: { case: 'dimParam' as const, value: 'N' } }, ...fixed];
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } },
  });
}
