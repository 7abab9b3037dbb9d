import { createHash, hash } from 'node:crypto';
import { basename } from 'node:path';
import type { ObjectStore } from '../aws/object-store.ts';
import { loadEmbedder } from './load-embedder.ts';
import { beside, loadModel, type ModelFiles, type ModelPaths } from './load-model.ts';

/** Where the files of a model are in a bucket. */
export interface UploadedModel {
  readonly model: string;
  readonly description: string;
  /** Null where the classes have no names. */
  readonly labels: string | null;
  /** Whether they are put there now; false where they were there. */
  readonly isNew: boolean;
}

/** Of a model that is to be cut, its layer too; and no labels. */
export type UploadPaths = ModelPaths & { readonly layer?: string | undefined };

/**
 * Check a model, and have it in a bucket with its description and its labels: in a folder by their hashes, so that what is there is not
 * put there again, and nothing that a run was started with is ever changed.
 *
 * @param files those of this machine
 * @throws FanfleetError `INVALID_INPUT` as `loadModel` or, with a layer, `loadEmbedder` does, S3's code
 */
export async function uploadModel(
  files: ModelFiles,
  paths: UploadPaths,
  store: Pick<ObjectStore, 'put' | 'list'>,
): Promise<UploadedModel> {
  const read = new Map<string, Buffer[]>();
  const stream = async function* (path: string) {
    const chunks: Buffer[] = [];
    for await (const chunk of files.stream(path)) {
      chunks.push(Buffer.from(chunk));
      yield chunk;
    }
    read.set(path, chunks);
  };
  const { layer, ...others } = paths;
  await (layer === undefined
    ? loadModel({ stream }, others)
    : loadEmbedder({ stream }, { ...others, layer }));
  const name = beside(basename(paths.model), '');
  const parts = Array.from(read, ([path, chunks]) => {
    const suffix = path === paths.model ? '.onnx' : isLabels(path, paths) ? labelSuffix(path) : '.json';
    return { suffix, body: Buffer.concat(chunks) };
  });
  const folder = `models/${folderHash(parts)}`;
  const keyOf = (suffix: string) => `${folder}/${name}${suffix}`;
  const there = new Set<string>();
  for await (const { key } of store.list(`${folder}/`)) there.add(key);
  const left = parts.filter(({ suffix }) => !there.has(keyOf(suffix)));
  for (const { suffix, body } of left) await store.put(keyOf(suffix), body, 'application/octet-stream');
  const labels = parts.find(({ suffix }) => suffix.startsWith('.labels'));
  return {
    model: keyOf('.onnx'),
    description: keyOf('.json'),
    labels: labels === undefined ? null : keyOf(labels.suffix),
    isNew: left.length > 0,
  };
}

function isLabels(path: string, { model, labels }: ModelPaths): boolean {
  return labels === undefined ? path.startsWith(beside(model, '.labels.')) : path === labels;
}

function labelSuffix(path: string): string {
  return path.toLowerCase().endsWith('.json') ? '.labels.json' : '.labels.txt';
}

function folderHash(parts: readonly { readonly suffix: string; readonly body: Buffer }[]): string {
  const all = createHash('sha256');
  for (const { suffix, body } of parts) all.update(`${suffix} ${hash('sha256', body, 'hex')}\n`);
  return all.digest('hex').slice(0, 16);
}
