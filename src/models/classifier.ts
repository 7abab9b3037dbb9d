import type { TensorLayout, TensorType } from '../contract/tensor.ts';
import { invalidInput } from '../invalid-input.ts';
import { MOST_CLASSES } from './labels.ts';
import { graphProblems, opsetOf } from './onnx/graph-problems.ts';
import { allNodes, allTensors } from './onnx/nodes.ts';
import type { GraphProto, ModelProto } from './onnx/onnx_pb.js';
import { isQuantised, mixesSigns } from './onnx/quantisation.ts';
import type { OnnxFile } from './onnx/read-onnx.ts';
import { describeValue, type OnnxValue, valueText } from './onnx/values.ts';

/** A model that classifies images, and can give the same answer for one whatever else is in its batch. */
export interface Classifier {
  readonly sha256: string;
  readonly bytes: number;
  /** Who wrote the file, as far as it says so. */
  readonly producer: string;
  readonly opset: number | null;
  /** Numbers in its constants. */
  readonly parameters: number;
  readonly input: {
    readonly name: string;
    readonly type: TensorType;
    /** Null where no dimension tells. */
    readonly layout: TensorLayout | null;
    /** In pixels; null where they are free. */
    readonly width: number | null;
    readonly height: number | null;
  };
  readonly output: {
    readonly name: string;
    /** Null where the model does not tell. */
    readonly classes: number | null;
    /** Whether its values are probabilities, by a softmax at its end. */
    readonly isSoftmax: boolean;
  };
  /** Images that it takes at once: as many as one likes, or one. */
  readonly batch: 'any' | 1;
  readonly quantisation: 'none' | 'static';
  /** What is to be known before its answers are compared. */
  readonly notes: readonly string[];
}

/**
 * Check that a model can classify images exactly: one input with images of three channels, one output with a value for each class,
 * weights that are constants, and nothing by which an image depends on others or on chance.
 *
 * @param where the file, for errors
 * @throws FanfleetError `INVALID_INPUT` that lists every problem
 */
export function checkClassifier({ sha256, bytes, model }: OnnxFile, where: string): Classifier {
  const problems = graphProblems(model);
  const input = checkedInput(model.graph, problems);
  const output = checkedOutput(model.graph, problems);
  if (problems.length > 0 || input === null || output === null) throw invalidInput(where, problems);
  const { batch, ...image } = input;
  return {
    sha256,
    bytes,
    producer: `${model.producerName ?? ''} ${model.producerVersion ?? ''}`.trim(),
    opset: opsetOf(model),
    parameters: parametersOf(model),
    input: image,
    output,
    batch,
    quantisation: isQuantised(model) ? 'static' : 'none',
    notes: notesOf(model),
  };
}

/**
 * The input of a model that takes images, and how many; its channels first where both could be. Null where it takes others.
 *
 * @param problems what is wrong with it is added to them
 */
export function checkedInput(graph: GraphProto | undefined, problems: string[]) {
  const initialisers = new Set(graph?.initializer.map(({ name }) => name));
  const inputs = (graph?.input ?? []).filter(({ name }) => !initialisers.has(name)).map(describeValue);
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    problems.push(
      `Expected one input, of images, but found ${listed(inputs)}: export the part that takes images.`,
    );
    return null;
  }
  const { name, type, shape } = input;
  const found = `${JSON.stringify(name)} of ${valueText(input)}`;
  const [batch = null, second = null, third = null, fourth = null] = shape ?? [];
  const isNchw = second === 3;
  const isNhwc = !isNchw && fourth === 3;
  const mayBe = isNchw || isNhwc || second === null || fourth === null;
  if ((type !== 'float32' && type !== 'uint8') || shape?.length !== 4 || !mayBe) {
    problems.push(
      `Expected images of three channels as input, float32 or uint8 of [N, 3, height, width] or [N, height, width, 3], but found ${found}: export it so.`,
    );
    return null;
  }
  if (batch !== null && batch !== 1) {
    problems.push(
      `Expected a number of images in a batch that is free, or 1, but found ${found}: export it with a dynamic first dimension (\`dynamic_axes\`).`,
    );
  }
  const [height, width] = isNhwc ? [second, third] : [third, fourth];
  const layout = isNchw ? 'nchw' : isNhwc ? 'nhwc' : null;
  const isKnown = layout !== null;
  return {
    ...{ name, type, layout },
    ...(isKnown ? { width, height } : { width: null, height: null }),
    batch: batch === 1 ? (1 as const) : ('any' as const),
  } satisfies Classifier['input'] & Pick<Classifier, 'batch'>;
}

function checkedOutput(graph: GraphProto | undefined, problems: string[]): Classifier['output'] | null {
  const outputs = (graph?.output ?? []).map(describeValue);
  const [output] = outputs;
  if (output === undefined || outputs.length > 1) {
    problems.push(
      `Expected one output, with a value for each class, but found ${listed(outputs)}: export the model with that one alone.`,
    );
    return null;
  }
  const { name, type, shape } = output;
  const [, classes = null] = shape ?? [];
  if (type !== 'float32' || (shape !== null && shape.length !== 2) || (classes ?? 1) > MOST_CLASSES) {
    problems.push(
      `Expected float32[N, classes] as output, with at most ${MOST_CLASSES} classes, but found ${JSON.stringify(name)} of ${valueText(output)}: export it with a flat output of float32.`,
    );
    return null;
  }
  return { name, classes, isSoftmax: graph !== undefined && endsWithSoftmax(graph, name) };
}

function endsWithSoftmax({ node }: GraphProto, output: string): boolean {
  const makers = new Map(node.flatMap((each) => each.output.map((name) => [name, each] as const)));
  let maker = makers.get(output);
  // In a graph that is sound no value is made of itself; in any other no more steps than nodes are taken.
  for (let left = node.length; left > 0 && maker?.opType === 'Identity'; left -= 1) {
    maker = makers.get(maker.input[0] ?? '');
  }
  return maker?.opType === 'Softmax';
}

function parametersOf(model: ModelProto): number {
  const counts = Array.from(allTensors(model), ({ dims }) =>
    dims.reduce((product, dim) => product * dim, 1n),
  );
  return Number(counts.reduce((sum, count) => sum + count, 0n));
}

function notesOf(model: ModelProto): string[] {
  const notes: string[] = [];
  if (mixesSigns(model)) {
    notes.push(
      'Its weights have a sign and its activations none (U8S8): processors without VNNI may give other answers, unless it was quantised with `reduce_range`.',
    );
  }
  const resize = [...allNodes(model)].find(({ opType }) => opType === 'Resize' || opType === 'Upsample');
  if (resize !== undefined) {
    notes.push(
      `It has ${resize.opType} in its graph: if that is of the image, export it without, since the image has its size by then.`,
    );
  }
  return notes;
}

function listed(values: readonly OnnxValue[]): string {
  const few = values.slice(0, 3).map((value) => `${JSON.stringify(value.name)} of ${valueText(value)}`);
  if (few.length === 0) return 'none';
  return values.length > few.length ? `${values.length}, first ${few.join(', ')}` : few.join(', ');
}
