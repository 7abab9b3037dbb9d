import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadModel } from '../../../src/models/load-model.ts';
import { localFiles } from '../../../src/models/local-files.ts';
import { haveModel } from '../../../src/models/named/have-model.ts';
import { MODEL_NAMES, NAMED_MODELS } from '../../../src/models/named/named-models.ts';
import { tensorSchema } from '../../../src/models/tensor-description.ts';
import { parse } from '../../../src/parse.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-models-'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each(MODEL_NAMES)('%s has a description that is one', (name) => {
  expect(() => parse(tensorSchema, NAMED_MODELS[name].tensor, name)).not.toThrow();
});

describe('the model resnet50', () => {
  // Its tools fetch nothing.
  const have = (onMissing?: () => void) =>
    haveModel('resnet50', folder, { python: join(folder, 'no-python'), ...(onMissing && { onMissing }) });

  it('is made, the same to the byte everywhere, and fits what is said of it', async () => {
    const { path, licences, isNew } = await have();
    expect({ path, licences, isNew }).toEqual({
      ...{ path: join(folder, 'resnet50/resnet50.onnx'), licences: [], isNew: true },
    });
    expect(await readdir(folder)).toEqual(['resnet50']);
    const { classifier, tensor, labels } = await loadModel(localFiles, { model: path });
    // torchvision's has 25,557,032: the 26,560 scales of its batch normalisation are in its convolutions here.
    expect(classifier).toMatchObject({ bytes: 102_138_717, parameters: 25_530_472, notes: [] });
    expect(classifier.sha256).toBe(NAMED_MODELS.resnet50.sha256);
    expect(classifier.input).toMatchObject({ layout: 'nchw', width: 224, height: 224 });
    expect(tensor).toMatchObject({ resize: { shorter: 256 }, type: 'float32' });
    expect(labels).toHaveLength(1000);
  });

  it('is left as it is, unless it was changed', async () => {
    const onMissing = vi.fn();
    expect(await have(onMissing)).toMatchObject({ isNew: false });
    expect(onMissing).not.toHaveBeenCalled();
    await writeFile(join(folder, 'resnet50/resnet50.onnx'), 'another');
    // As if two commands were there at once.
    expect(await Promise.all([have(onMissing), have()])).toMatchObject([{ isNew: true }, { isNew: true }]);
    expect(onMissing).toHaveBeenCalledOnce();
    expect(await have()).toMatchObject({ isNew: false });
    expect(await readdir(folder)).toEqual(['resnet50']);
  });
});
