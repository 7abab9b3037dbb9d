import { describe, expect, it } from 'vitest';
import type { ImageKeys } from '../../../src/prepare/image-keys.ts';
import { ImageLabels, settledSource } from '../../../src/prepare/image-labels.ts';

const PLACE = {
  bucket: 'images',
  files: { stream: () => expect.fail('nothing to read') },
  notes: { add: () => expect.fail('nothing to tell') },
};

function images(folders: readonly (string | null)[], inTar: string | null = null): ImageKeys {
  return { keys: folders.map((folder, n) => `${folder}/${n}.png`), folders, count: folders.length, inTar };
}

describe('labels', () => {
  it('may be so many that differ, of all sets together', async () => {
    const labels = await ImageLabels.from('folder', [], PLACE, 3);
    expect([...(await labels.of(images(['a', 'b', null, 'a']))).values()]).toEqual(['a', 'b', 'a']);
    expect((await labels.of(images(['c', 'a']))).size).toBe(2);
    await expect(labels.of(images(['b', 'd']))).rejects.toThrow(
      /^\[INVALID_INPUT\] Expected at most 3 labels .* e\.g\. "d" of d\/1\.png: say by `labels`/,
    );
  });

  it('are not beside images in tars', async () => {
    const sets = [images(['a']), images(['b'], 'x.png')];
    await expect(ImageLabels.from('json', sets, PLACE)).rejects.toThrow('x.png is in a tar');
    await expect(ImageLabels.from('name', sets, PLACE)).resolves.toBeInstanceOf(ImageLabels);
  });

  it('are by folders where these tell images apart', () => {
    expect(settledSource('auto', images(['a', 'b']))).toBe('folder');
    expect(settledSource('auto', images(['a', 'a']))).toBe('name');
    expect(settledSource('auto', images(['a', null]))).toBe('name');
    expect(settledSource('auto', images(['a']), [images(['b', null])])).toBe('folder');
    expect(settledSource('json', images(['a', 'b']))).toBe('json');
  });
});
