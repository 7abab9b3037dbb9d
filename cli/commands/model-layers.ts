import { bytes, count, printable } from '../../src/format.ts';
import { localFiles } from '../../src/models/local-files.ts';
import { cutModel } from '../../src/models/onnx/cut-model.ts';
import { type Layer, layersOf } from '../../src/models/onnx/layers.ts';
import { readOnnx } from '../../src/models/onnx/read-onnx.ts';
import { type TextColumn, textTable } from '../text-table.ts';
import { writeModel } from '../write-model.ts';

const COLUMNS: readonly TextColumn[] = [
  { title: 'layer', align: 'left' },
  { title: 'made by', align: 'left' },
  { title: 'of an image', align: 'left' },
  { title: 'embedding', align: 'right' },
];

/** The layers of a model that can be embeddings, in the order of the graph. */
export async function listLayersCommand(path: string) {
  const { model } = await readOnnx(localFiles.stream(path), path);
  const layers = layersOf(model);
  const cells = layers.map(({ name, operator, shape }) => [
    printable(name),
    printable(operator),
    `float32[${shape.join(', ')}]`,
    count(shape[0] ?? 0),
  ]);
  const text =
    layers.length > 0
      ? textTable(COLUMNS, cells).join('\n')
      : 'No value is known to be float32[N, length] or [N, length, height, width]. Save the model with its shapes, by `onnx.shape_inference.infer_shapes_path`, and try again.';
  return { json: { layers: layers.map((layer) => ({ ...layer, length: layer.shape[0] })) }, text };
}

/** Write a model whose output is a layer of another one. */
export async function cutModelCommand(path: string, name: string, to: string) {
  const cut = await cutModel(localFiles.stream(path), path, name);
  await writeModel(to, cut.write(localFiles.stream(path)));
  const { layer, output, bytes: size } = cut;
  const text = `${to}: ${bytes(size)} of ${bytes(cut.source.bytes)}, gives float32[N, ${layer.shape[0]}] as ${printable(output)}, ${how(layer)}.`;
  return { json: { path: to, bytes: size, output, layer }, text };
}

function how({ shape: [, height, width] }: Layer): string {
  if (height === undefined || height * (width ?? 1) === 1) return 'as the layer has it';
  return `the means of planes of ${width} x ${height}`;
}
