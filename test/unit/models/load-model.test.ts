import { describe, expect, it } from 'vitest';
import { FanfleetError } from '../../../src/errors.ts';
import { loadModel, type ModelFiles } from '../../../src/models/load-model.ts';
import { inPieces, smallModel } from './small-model.ts';

const DESCRIPTION = JSON.stringify({
  ...{ resize: { width: 5, height: 4 }, filter: 'bilinear' },
  ...{ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
});

/** Files in memory, by their paths. */
function filesOf(files: Readonly<Record<string, string | Uint8Array>>): ModelFiles {
  return {
    async *stream(path) {
      const file = files[path];
      if (file === undefined) throw new FanfleetError('OBJECT_NOT_FOUND', 'none', { source: 'aws' });
      yield* inPieces(Buffer.from(file));
    },
  };
}

const MODEL = { 'm/cat.onnx': smallModel(), 'm/cat.json': DESCRIPTION };
const PATHS = { model: 'm/cat.onnx' };

describe('a model with what is beside it', () => {
  it('fits its description, and has the indices as labels where there are none', async () => {
    const model = await loadModel(filesOf(MODEL), PATHS);
    expect(model).toMatchObject({ tensor: { layout: 'nchw', type: 'float32' }, channels: 'rgb' });
    expect(model.labels).toEqual(['0', '1']);
  });

  it.each(['m/cat.labels.txt', 'm/cat.labels.json'])('has its labels in %s', async (path) => {
    const labels = path.endsWith('.txt') ? 'cat\ndog\n' : '["cat","dog"]';
    expect(await loadModel(filesOf({ ...MODEL, [path]: labels }), PATHS)).toMatchObject({
      labels: ['cat', 'dog'],
    });
  });

  it('may have both elsewhere', async () => {
    const files = filesOf({ 'm.ONNX': smallModel(), d: DESCRIPTION, l: 'a\nb' });
    const model = await loadModel(files, { model: 'm.ONNX', description: 'd', labels: 'l' });
    expect(model.labels).toEqual(['a', 'b']);
  });

  it.each<[string, object, object, string]>([
    ['no model', {}, PATHS, 'Expected an ONNX model at m/cat.onnx but it is not there'],
    [
      'no description',
      { 'm/cat.onnx': smallModel() },
      PATHS,
      'how the tensors of the model are made at m/cat.json but it is not there',
    ],
    ['no labels where they are said to be', MODEL, { ...PATHS, labels: 'l' }, 'Expected labels at l but'],
    ['labels too few', { ...MODEL, 'm/cat.labels.txt': 'cat' }, PATHS, 'm/cat.labels.txt is not valid'],
    ['another tensor', { ...MODEL, 'm/cat.json': '{"crop_size":224}' }, PATHS, 'images of 5 x 4 pixels'],
    [
      'labels without end',
      { ...MODEL, 'm/cat.labels.txt': 'cat\n'.repeat(4_200_000) },
      PATHS,
      'Expected at most 16 MiB in m/cat.labels.txt but it has more',
    ],
  ])('is refused with %s', async (_, files, paths, words) => {
    const refused = loadModel(filesOf({ ...files }), { ...PATHS, ...paths });
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
