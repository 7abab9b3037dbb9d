import { beforeEach, describe, expect, it } from 'vitest';
import { FanfleetError } from '../../../src/errors.ts';
import { uploadModel } from '../../../src/models/upload-model.ts';
import { smallModel } from './small-model.ts';

const DESCRIPTION = JSON.stringify({
  resize: { width: 5, height: 4 },
  filter: 'bilinear',
  mean: [0, 0, 0],
  std: [1, 1, 1],
});
const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'models/cats.onnx': smallModel(),
  'models/cats.json': DESCRIPTION,
  'models/cats.labels.txt': 'cat\ndog\n',
  'other.json': DESCRIPTION.replace('bilinear', 'box'),
  'names.json': '["tom", "pluto"]',
};
const files = {
  async *stream(path: string) {
    const file = FILES[path];
    if (file === undefined) throw new FanfleetError('OBJECT_NOT_FOUND', 'none', { source: 'user' });
    yield Buffer.from(file);
  },
};

const there = new Map<string, Buffer>();
const store = {
  put: async (key: string, body: string | Buffer) => {
    there.set(key, Buffer.from(body));
  },
  async *list(prefix: string) {
    for (const [key, { length }] of there) if (key.startsWith(prefix)) yield { key, size: length };
  },
};
beforeEach(() => there.clear());

describe('uploadModel', () => {
  it('puts the model, its description and its labels in a folder by their hashes', async () => {
    const uploaded = await uploadModel(files, { model: 'models/cats.onnx' }, store);
    const folder = /^models\/[0-9a-f]{16}\/(?=cats\.onnx$)/.exec(uploaded.model)?.[0] ?? '';
    expect(uploaded).toEqual({
      model: `${folder}cats.onnx`,
      description: `${folder}cats.json`,
      labels: `${folder}cats.labels.txt`,
      isNew: true,
    });
    expect(there.get(uploaded.model)).toEqual(Buffer.from(smallModel()));
    expect(there.get(uploaded.description)?.toString()).toBe(DESCRIPTION);
    expect(there.size).toBe(3);
  });

  it('puts nothing that is there, and what is not', async () => {
    const first = await uploadModel(files, { model: 'models/cats.onnx' }, store);
    expect(await uploadModel(files, { model: 'models/cats.onnx' }, store)).toEqual({
      ...first,
      isNew: false,
    });
    there.delete(first.description);
    expect(await uploadModel(files, { model: 'models/cats.onnx' }, store)).toEqual(first);
    expect(there.size).toBe(3);
  });

  it('has another folder for what is described otherwise, under the names that a run looks for', async () => {
    const first = await uploadModel(files, { model: 'models/cats.onnx' }, store);
    const paths = { model: 'models/cats.onnx', description: 'other.json', labels: 'names.json' };
    const other = await uploadModel(files, paths, store);
    expect(other.model).not.toBe(first.model);
    expect(other.labels).toBe(other.model.replace('.onnx', '.labels.json'));
    expect(other.description).toBe(other.model.replace('.onnx', '.json'));
  });

  it('puts the whole model, without labels, where it is to be cut at a layer', async () => {
    const uploaded = await uploadModel(files, { model: 'models/cats.onnx', layer: 'flat' }, store);
    expect(uploaded).toMatchObject({ labels: null, isNew: true });
    expect(there.get(uploaded.model)).toEqual(Buffer.from(smallModel()));
    expect(there.size).toBe(2);
    const none = uploadModel(files, { model: 'models/cats.onnx', layer: 'none' }, store);
    await expect(none).rejects.toThrow('[INVALID_INPUT]');
  });

  it('puts nothing of a model that cannot be used', async () => {
    const paths = { model: 'models/cats.onnx', description: 'names.json' };
    await expect(uploadModel(files, paths, store)).rejects.toThrow('[INVALID_INPUT]');
    expect(there.size).toBe(0);
  });
});
