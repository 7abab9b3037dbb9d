import { allNodes, allTensors } from './nodes.ts';
import type { ModelProto, NodeProto } from './onnx_pb.js';

/** What ONNX Runtime 1.30 takes (docs/models.md). */
const MOST_IR = 13n;
const OPSETS = { least: 7, most: 26 } as const;
/** From here on an initialiser that is an input, too, can be given another value by whoever runs the model. */
const IR_WITH_OVERRIDES = 4n;
/** The operators that ONNX Runtime has without a library of others. */
const DOMAINS = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);

/** They take scale and zero point from all values of a tensor, those of the other images of a batch among them; or come behind one. */
const DYNAMIC = [
  'DynamicQuantizeLinear',
  'MatMulInteger',
  'ConvInteger',
  'DynamicQuantizeMatMul',
  'DynamicQuantizeLSTM',
  'MatMulIntegerToFloat',
];
const RANDOM = [
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
];

/** Why a row would not be the same each time, or the model would not run at all; each with what to do. */
export function graphProblems(model: ModelProto): string[] {
  const operators = new Set(Array.from(allNodes(model), ({ opType = '' }) => opType));
  const problems = [...versionProblems(model), ...domainProblems(model)];
  const dynamic = DYNAMIC.filter((name) => operators.has(name));
  if (dynamic.length > 0) {
    problems.push(
      `Expected weights and activations that are quantised by constants but found ${dynamic.join(', ')}: with dynamic quantisation the answer for an image depends on the others in its batch. Quantise it statically (\`quantize_static\`), or give the model as it was before.`,
    );
  }
  const random = RANDOM.filter((name) => operators.has(name));
  if (random.length > 0) {
    problems.push(
      `Expected a model that gives the same answer each time but found ${random.join(', ')}: export it for inference.`,
    );
  }
  if ([...allNodes(model)].some(isTraining)) {
    problems.push(
      'Expected BatchNormalization for inference but found `training_mode` 1, which takes the mean of the batch: export the model with `model.eval()`.',
    );
  }
  const overridden = overridableInitialisers(model);
  if (overridden.length > 0) {
    problems.push(
      `Expected weights that are constants but ${overridden.length} of them can be given as inputs, first ${JSON.stringify(overridden[0])}: then the answer for an image depends on the size of its batch. Take them out of the inputs, e.g. by \`python -m onnxruntime.tools.remove_initializer_from_input\`.`,
    );
  }
  if (Array.from(allTensors(model)).some(({ dataLocation }) => dataLocation === 1)) {
    problems.push(
      'Expected the weights in the file itself but some are in files beside it: save it as one, by `onnx.save(onnx.load(path), other)`.',
    );
  }
  return problems;
}

/** The initialisers that are inputs, too. Before IR version 4 all had to be, and are constants all the same. */
function overridableInitialisers({ irVersion = 0n, graph }: ModelProto): string[] {
  if (irVersion < IR_WITH_OVERRIDES) return [];
  const inputs = new Set(graph?.input.map(({ name }) => name));
  return (graph?.initializer ?? []).flatMap(({ name = '' }) => (inputs.has(name) ? [name] : []));
}

function versionProblems(model: ModelProto): string[] {
  const problems: string[] = [];
  const { irVersion = 0n } = model;
  if (irVersion > MOST_IR) {
    problems.push(
      `Expected IR version ${MOST_IR} or older but found ${irVersion}: save it with \`model.ir_version = ${MOST_IR}\`.`,
    );
  }
  const opset = opsetOf(model);
  if (opset === null || opset < OPSETS.least || opset > OPSETS.most) {
    problems.push(
      `Expected operator set ${OPSETS.least} to ${OPSETS.most} but found ${opset ?? 'none'}: export it with \`opset_version\` 17, or convert it by \`onnx.version_converter\`.`,
    );
  }
  return problems;
}

/** The version of ONNX' own operators; null where it is not told. */
export function opsetOf({ opsetImport }: ModelProto): number | null {
  const own = opsetImport.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx');
  return own?.version === undefined ? null : Number(own.version);
}

function domainProblems(model: ModelProto): string[] {
  const known = new Set([...DOMAINS, ...model.functions.map(({ domain = '' }) => domain)]);
  const foreign = [...allNodes(model)].find(({ domain = '' }) => !known.has(domain));
  if (foreign === undefined) return [];
  const name = `${foreign.domain}.${foreign.opType}`;
  return [
    `Expected operators that ONNX Runtime has but found ${name}: export the model without operators of a library of its own.`,
  ];
}

function isTraining({ opType, attribute }: NodeProto): boolean {
  return (
    opType === 'BatchNormalization' && attribute.some(({ name, i }) => name === 'training_mode' && i === 1n)
  );
}
