import { readFile } from 'node:fs/promises';
import { loadModel, type ModelPaths } from '../models/load-model.ts';
import { localFiles } from '../models/local-files.ts';
import { writeClassifier } from '../workloads/classify/classifier-file.ts';
import { classifierOf } from '../workloads/classify/classifier-of.ts';
import { MODEL_KEYS } from './pipelines.ts';

/**
 * A model of this machine and what workers have to know of it, by the keys that pipelines find them at.
 *
 * @throws FanfleetError `INVALID_INPUT` where it is none that can be used
 */
export async function modelObjects(paths: ModelPaths): Promise<Map<string, Uint8Array>> {
  const description = writeClassifier(classifierOf(await loadModel(localFiles, paths)));
  return new Map<string, Uint8Array>([
    [MODEL_KEYS.model, await readFile(paths.model)],
    [MODEL_KEYS.description, description],
  ]);
}
