import type { GraphProto, ModelProto, NodeProto, TensorProto } from './onnx_pb.js';

/** All nodes of a model: of its graph, of the graphs in their attributes (as `If` and `Loop` have them), and of its functions. */
export function* allNodes({ graph, functions }: ModelProto): Generator<NodeProto> {
  if (graph !== undefined) yield* nodesIn(graph.node);
  for (const { node } of functions) yield* nodesIn(node);
}

function* nodesIn(nodes: readonly NodeProto[]): Generator<NodeProto> {
  for (const node of nodes) {
    yield node;
    for (const graph of graphsOf(node)) yield* nodesIn(graph.node);
  }
}

/** The constants of a model: initialisers of all graphs, and what attributes of nodes have. */
export function* allTensors(model: ModelProto): Generator<TensorProto> {
  if (model.graph !== undefined) yield* model.graph.initializer;
  for (const { values } of model.graph?.sparseInitializer ?? []) if (values !== undefined) yield values;
  for (const node of allNodes(model)) {
    for (const { t } of node.attribute) if (t !== undefined) yield t;
    for (const { initializer } of graphsOf(node)) yield* initializer;
  }
}

/** The names of all values that a node takes, those that the graphs in its attributes take from outside among them. */
export function* namesUsedBy(node: NodeProto): Generator<string> {
  yield* node.input;
  for (const graph of graphsOf(node)) {
    for (const inner of graph.node) yield* namesUsedBy(inner);
    for (const { name = '' } of graph.output) yield name;
  }
}

function graphsOf({ attribute }: NodeProto): readonly GraphProto[] {
  return attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]));
}
