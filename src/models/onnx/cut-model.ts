import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { invalidInput } from '../../invalid-input.ts';
import { type Layer, layersOf } from './layers.ts';
import { namesUsedBy } from './nodes.ts';
import {
  GraphProtoSchema,
  AttributeProto_AttributeType as Kind,
  type ModelProto,
  ModelProtoSchema,
  type NodeProtoSchema,
} from './onnx_pb.js';
import { type OnnxFile, readOnnx } from './read-onnx.ts';
import { DATA_TYPE } from './values.ts';
import type { FieldSpan } from './without-weights.ts';

/** Bytes of the file that is cut, or new ones. */
type Piece = { readonly start: number; readonly end: number } | Uint8Array;

/** A model whose one output is the value of a layer, made of a file that has more. */
export interface CutModel {
  readonly layer: Layer;
  /** Of the file that is cut. */
  readonly source: OnnxFile;
  /** Of the file that is written. */
  readonly bytes: number;
  /** The name of its output: float32[N, length]. */
  readonly output: string;
  /** The file that is written, in pieces; of the same file that was read before. */
  write(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
}

/**
 * Read a model to its end, once, and say how it is cut: nodes of which the layer is not made, and their weights, are left out, and all else stays
 * byte by byte. Of a layer with planes the mean of each is taken, by `GlobalAveragePool` and `Flatten` at its end.
 *
 * @param chunks the file, in pieces of any size
 * @param where the file, for errors
 * @param name of the layer: of the value, as `layersOf` has it
 * @throws FanfleetError `INVALID_INPUT` where the file is no model, or has no such layer
 */
export async function cutModel(
  chunks: AsyncIterable<Uint8Array>,
  where: string,
  name: string,
): Promise<CutModel> {
  const spans: FieldSpan[] = [];
  const source = await readOnnx(chunks, where, undefined, (span) => spans.push(span));
  const layers = layersOf(source.model);
  const layer = layers.find((each) => each.name === name);
  if (layer === undefined) throw noSuchLayer(source.model, layers, where, name);
  const end = ending(source.model, layer);
  const pieces = piecesOf(source.model, spans, layer, end.graph);
  const bytes = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  return { layer, source, bytes, output: end.output, write: (again) => write(again, pieces) };
}

function noSuchLayer({ graph }: ModelProto, layers: readonly Layer[], where: string, name: string) {
  const isThere = graph?.node.some(({ output }) => output.includes(name));
  const found = isThere
    ? `${JSON.stringify(name)} is not known to be one`
    : `found none with the name ${JSON.stringify(name)}`;
  const last = layers.slice(-3).map((each) => JSON.stringify(each.name));
  return invalidInput(where, [
    `Expected a layer of float32[N, length] or [N, length, height, width] but ${found}: \`fanfleet model layers\` tells which there are${last.length > 0 ? `, at last ${last.join(', ')}` : ''}.`,
  ]);
}

/** What stands at the end of the graph: the output, and before it nodes that make a list of planes. */
function ending({ graph }: ModelProto, { name, shape }: Layer) {
  const taken = new Set(graph?.node.flatMap(({ output }) => output));
  const fresh = (suffix: string) => {
    let found = `${name}/${suffix}`;
    while (taken.has(found)) found += '_';
    return found;
  };
  const nodes: MessageInitShape<typeof NodeProtoSchema>[] = [];
  const add = (opType: string, input: string, output: string, axis?: bigint) => {
    const attribute = axis === undefined ? [] : [{ name: 'axis', type: Kind.INT, i: axis }];
    nodes.push({ opType, name: output, input: [input], output: [output], attribute });
    return output;
  };
  const [length = 0, ...plane] = shape;
  let output = name;
  if (plane.some((side) => side > 1)) output = add('GlobalAveragePool', output, fresh('mean'));
  if (plane.length > 0) output = add('Flatten', output, fresh('flat'), 1n);
  const dim = [
    { value: { case: 'dimParam' as const, value: 'N' } },
    { value: { case: 'dimValue' as const, value: BigInt(length) } },
  ];
  const tensor = { elemType: DATA_TYPE.float32, shape: { dim } };
  const value = { name: output, type: { value: { case: 'tensorType' as const, value: tensor } } };
  const part = create(GraphProtoSchema, { node: nodes, output: [value] });
  return { output, graph: toBinary(GraphProtoSchema, part) };
}

function piecesOf(
  model: ModelProto,
  spans: readonly FieldSpan[],
  layer: Layer,
  end: Uint8Array,
): readonly Piece[] {
  const isKept = keptFields(model, layer.name);
  const graphs = spans.filter(({ depth, number }) => depth === 0 && number === FIELD.graph).length;
  const pieces: Piece[] = [];
  let inner: FieldSpan[] = [];
  let graph = 0;
  // The fields of a message come before it.
  for (const span of spans) {
    if (span.depth > 0) {
      inner.push(span);
      continue;
    }
    if (span.number !== FIELD.graph) pieces.push(span);
    else {
      graph += 1;
      const kept: Piece[] = inner.filter(({ number }) => isKept(number));
      if (graph === graphs) kept.push(end);
      const bytes = kept.reduce((sum, piece) => sum + lengthOf(piece), 0);
      pieces.push(
        new BinaryWriter().tag(FIELD.graph, WireType.LengthDelimited).uint32(bytes).finish(),
        ...kept,
      );
    }
    inner = [];
  }
  return pieces;
}

const FIELD = {
  graph: ModelProtoSchema.field.graph.number,
  node: GraphProtoSchema.field.node.number,
  initializer: GraphProtoSchema.field.initializer.number,
  input: GraphProtoSchema.field.input.number,
  output: GraphProtoSchema.field.output.number,
  valueInfo: GraphProtoSchema.field.valueInfo.number,
  sparseInitializer: GraphProtoSchema.field.sparseInitializer.number,
  /** Of values by their names, some of which are gone; nothing is computed by it. */
  quantizationAnnotation: 14,
} as const;

/** Told the fields of the graph in the order of the file, which of them are needed for a value. */
function keptFields({ graph }: ModelProto, name: string): (field: number) => boolean {
  const needed = new Set([name]);
  const nodes = graph?.node ?? [];
  // Whatever a node takes is made before it.
  const kept = nodes.map(() => false);
  for (const [index, node] of [...nodes.entries()].reverse()) {
    if (!node.output.some((output) => needed.has(output))) continue;
    kept[index] = true;
    for (const used of namesUsedBy(node)) needed.add(used);
  }
  const constants = (graph?.initializer ?? []).map((tensor) => tensor.name ?? '');
  const sparse = (graph?.sparseInitializer ?? []).map(({ values }) => values?.name ?? '');
  const gone = new Set([...constants, ...sparse].filter((each) => !needed.has(each)));
  const decisions: Readonly<Record<number, boolean[]>> = {
    [FIELD.node]: kept,
    [FIELD.initializer]: constants.map((each) => !gone.has(each)),
    [FIELD.sparseInitializer]: sparse.map((each) => !gone.has(each)),
    [FIELD.input]: (graph?.input ?? []).map((input) => !gone.has(input.name ?? '')),
    [FIELD.output]: (graph?.output ?? []).map(() => false),
    [FIELD.valueInfo]: (graph?.valueInfo ?? []).map(
      (info) => needed.has(info.name ?? '') && info.name !== name,
    ),
  };
  const seen = new Map<number, number>();
  return (field) => {
    const index = seen.get(field) ?? 0;
    seen.set(field, index + 1);
    return field !== FIELD.quantizationAnnotation && decisions[field]?.[index] !== false;
  };
}

function lengthOf(piece: Piece): number {
  return piece instanceof Uint8Array ? piece.length : piece.end - piece.start;
}

async function* write(
  chunks: AsyncIterable<Uint8Array>,
  pieces: readonly Piece[],
): AsyncGenerator<Uint8Array> {
  let at = 0;
  let next = 0;
  for await (const chunk of chunks) {
    for (; next < pieces.length; next += 1) {
      const piece = pieces[next] as Piece;
      if (piece instanceof Uint8Array) {
        yield piece;
        continue;
      }
      const part = chunk.subarray(Math.max(0, piece.start - at), Math.max(0, piece.end - at));
      if (part.length > 0) yield part;
      if (piece.end > at + chunk.length) break;
    }
    at += chunk.length;
  }
  for (const piece of pieces.slice(next)) if (piece instanceof Uint8Array) yield piece;
}
