import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadEmbedder } from '../src/models/load-embedder.ts';
import { localFiles } from '../src/models/local-files.ts';
import { haveModel } from '../src/models/named/have-model.ts';
import { embedderOf } from '../src/workloads/embed/about.ts';
import { writeEmbedder } from '../src/workloads/embed/embedder-file.ts';
import { ROOT } from './places.ts';

/** Of the model `orientation`: the means of its last planes, 200 numbers. */
export const EMBEDDED_LAYER = 'pool2d_10.tmp_0';

/**
 * Put a small model where contenders look for it: `model.onnx` with `model.json`, as users have it; `cut.onnx` and `embedder.json`, as workers get it.
 */
export async function writeEmbeddedModel(folder: string): Promise<void> {
  const python = join(ROOT, '.fanfleet/uv/bin/python');
  const { path } = await haveModel('orientation', join(ROOT, '.fanfleet/models'), { python });
  const model = join(folder, 'model.onnx');
  await copyFile(path, model);
  await copyFile(path.replace(/onnx$/, 'json'), join(folder, 'model.json'));
  const embedder = await loadEmbedder(localFiles, { model, layer: EMBEDDED_LAYER });
  await writeFile(join(folder, 'cut.onnx'), embedder.file);
  await writeFile(join(folder, 'embedder.json'), writeEmbedder(embedderOf(embedder)));
}
