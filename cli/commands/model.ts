import { existsSync } from 'node:fs';
import type { TensorRecipe } from '../../src/contract/tensor.ts';
import { bytes, count, plural, printable } from '../../src/format.ts';
import { loadModel, type Model, type ModelPaths } from '../../src/models/load-model.ts';
import { localFiles } from '../../src/models/local-files.ts';
import { modelPath } from '../../src/models/named/have-model.ts';
import { MODEL_NAMES, type ModelName, NAMED_MODELS } from '../../src/models/named/named-models.ts';
import { tensorSize } from '../../src/models/tensor-description.ts';
import { type Context, connect } from '../context.ts';
import { haveNamedModel, modelInBucket, modelsFolder } from '../model-of-run.ts';
import { type TextColumn, textTable } from '../text-table.ts';

const COLUMNS: readonly TextColumn[] = [
  { title: 'model', align: 'left' },
  { title: 'size', align: 'right' },
  { title: 'here', align: 'left' },
  { title: 'from', align: 'left' },
  { title: 'licence', align: 'left' },
  { title: 'what it tells', align: 'left' },
];
/** Labels that are shown. */
const FEW_LABELS = 5;

/** The models that can be had by a name. */
export async function listModelsCommand({ home }: Pick<Context, 'home'>) {
  const models = MODEL_NAMES.map((name) => {
    const { what, licence, wheel, bytes } = NAMED_MODELS[name];
    const path = modelPath(modelsFolder(home), name);
    const from = wheel === null ? null : `${wheel.name} ${wheel.version}`;
    return { name, bytes, path: existsSync(path) ? path : null, from, licence, what };
  });
  const cells = models.map(({ name, bytes: size, path, from, licence, what }) => [
    name,
    bytes(size),
    path === null ? 'no' : 'yes',
    from ?? 'made here',
    licence,
    what,
  ]);
  return { json: { models }, text: textTable(COLUMNS, cells).join('\n') };
}

/** Have one of them on this machine. */
export async function fetchModelCommand(context: Context, name: ModelName) {
  const { licence, what } = NAMED_MODELS[name];
  const { path, licences, isNew } = await haveNamedModel(context, name);
  const text = [
    `${isNew ? 'Now at' : 'At'} ${path}, with its description and labels beside it: it tells ${what}.`,
    `Licence: ${licence}${licences.length === 0 ? '' : `; read ${licences.join(', ')}`}.`,
  ].join('\n');
  return { json: { name, path, isNew, licence, licences }, text };
}

/** Have a model where runs find it. */
export async function uploadModelCommand(context: Context, paths: ModelPaths) {
  const uploaded = await modelInBucket(context, await connect(context), paths);
  const { model, isNew } = uploaded;
  const text = `${isNew ? 'Now at' : 'There already, at'} ${model}: \`fanfleet run … --workload classify --model ${model}\`.`;
  return { json: uploaded, text };
}

/** Check that a model can be used, with what is said of it. */
export async function checkModelCommand(paths: ModelPaths) {
  const model = await loadModel(localFiles, paths);
  return { json: model, text: textOf(model) };
}

function textOf({ classifier, tensor, channels, labels }: Model): string {
  const { input, output, notes } = classifier;
  const { width = 0, height = 0 } = tensorSize(tensor) ?? {};
  const shape = tensor.layout === 'nchw' ? `3 x ${height} x ${width}` : `${height} x ${width} x 3`;
  const first = labels.slice(0, FEW_LABELS).map(printable).join(', ');
  const producer = classifier.producer === '' ? '' : `, written by ${printable(classifier.producer)}`;
  const quantised = classifier.quantisation === 'static' ? ', quantised' : '';
  return [
    `${bytes(classifier.bytes)}, ${count(classifier.parameters)} parameters${quantised}, operator set ${classifier.opset}${producer}`,
    `SHA-256 ${classifier.sha256}`,
    `takes ${tensor.type} ${shape} as ${printable(input.name)}, ${classifier.batch === 1 ? 'one image at a time' : 'as many images at a time as one likes'}`,
    `each ${preprocessing(tensor)}${channels === 'bgr' ? ', given as BGR' : ''}`,
    `gives ${output.isSoftmax ? 'probabilities' : 'scores'} of ${plural(labels.length, 'class', 'classes')} as ${printable(output.name)}: ${first}${labels.length > FEW_LABELS ? ', …' : ''}`,
    ...notes,
  ].join('\n');
}

function preprocessing({ resize, filter, crop, mean, std }: TensorRecipe): string {
  const to =
    'shorter' in resize ? `a shorter side of ${resize.shorter}` : `${resize.width} x ${resize.height}`;
  const steps = [`resized to ${to} (${filter})`];
  if (crop !== undefined) steps.push(`cut to ${crop.width} x ${crop.height} in the middle`);
  if (mean !== undefined && std !== undefined) {
    steps.push(`from 0 to 1, less [${listed(mean)}], divided by [${listed(std)}]`);
  }
  return steps.join(', ');
}

/** As they were written, without what division leaves behind. */
function listed(values: readonly number[]): string {
  return values.map((value) => Number(value.toPrecision(6))).join(', ');
}
