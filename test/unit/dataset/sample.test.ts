import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSample } from '../../../src/dataset/sample.ts';
import { DIGITS, readDigits } from '../../../src/dataset/sample-digits.ts';
import { PHOTO_SOURCES, photoRecipe } from '../../../src/dataset/sample-photos.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fanfleet-sample-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('the sample photographs', () => {
  it('are JPEGs of the recipe, and the same bytes each time', async () => {
    // Act
    const first = await makeSample('photos', join(dir, 'a'), { count: 30 });
    const second = await makeSample('photos', join(dir, 'b'), { count: 30 });

    // Assess
    expect(first).toMatchObject({ kind: 'photos', images: 30, made: true, folder: join(dir, 'a', 'photos') });
    expect(second.sha256).toBe(first.sha256);
    const names = (await readdir(first.folder)).sort();
    expect(names.slice(0, 3)).toEqual(['0001-astronaut.jpg', '0002-chelsea.jpg', '0003-china.jpg']);
    let bytes = 0;
    for (const [i, name] of names.entries()) {
      const recipe = photoRecipe(i);
      const image = await readFile(join(first.folder, name));
      bytes += image.length;
      expect(await sharp(image).metadata()).toMatchObject({
        format: 'jpeg',
        width: recipe.width,
        height: recipe.height,
        channels: recipe.grey ? 1 : 3,
        isProgressive: recipe.progressive,
        ...(recipe.grey ? {} : { chromaSubsampling: recipe.chromaSubsampling }),
      });
    }
    expect(bytes).toBe(first.bytes);
    expect(bytes / 30).toBeGreaterThan(70_000);
    expect(bytes / 30).toBeLessThan(120_000);
  });

  it('start with the same images whatever the count', async () => {
    const few = await makeSample('photos', join(dir, 'few'), { count: 2 });
    const more = await makeSample('photos', join(dir, 'more'), { count: 4 });
    for (const name of await readdir(few.folder)) {
      expect(await readFile(join(few.folder, name))).toEqual(await readFile(join(more.folder, name)));
    }
  });

  it('vary as documented over 1,000 recipes, and every crop lies in its source', () => {
    const recipes = Array.from({ length: 1_000 }, (_, i) => photoRecipe(i));
    const share = (test: (recipe: (typeof recipes)[number]) => boolean) =>
      recipes.filter(test).length / 1_000;
    for (const { source, crop, width, height, quality } of recipes) {
      expect(crop.left + crop.width).toBeLessThanOrEqual(source.width);
      expect(crop.top + crop.height).toBeLessThanOrEqual(source.height);
      expect(Math.max(width, height)).toBeGreaterThanOrEqual(400);
      expect(Math.max(width, height)).toBeLessThanOrEqual(600);
      expect(quality).toBeGreaterThanOrEqual(75);
      expect(quality).toBeLessThanOrEqual(95);
    }
    expect(share(({ width, height }) => height > width)).toBeCloseTo(0.25, 1);
    expect(share(({ grey }) => grey)).toBeCloseTo(0.05, 1);
    expect(share(({ progressive }) => progressive)).toBeCloseTo(0.1, 1);
    expect(share(({ chromaSubsampling }) => chromaSubsampling === '4:4:4')).toBeCloseTo(0.25, 1);
    expect(new Set(recipes.map(({ source }) => source.name)).size).toBe(PHOTO_SOURCES.length);
  });

  it('come from files whose bytes and sizes are those of LICENSES.md', async () => {
    const folder = new URL('../../../assets/photos/', import.meta.url);
    const licences = await readFile(new URL('LICENSES.md', folder), 'utf8');
    for (const { file, width, height } of PHOTO_SOURCES) {
      const bytes = await readFile(new URL(file, folder));
      expect(licences).toContain(createHash('sha256').update(bytes).digest('hex'));
      expect(await sharp(bytes).metadata()).toMatchObject({ width, height });
    }
    const files = (await readdir(folder)).filter((name) => name !== 'LICENSES.md');
    expect(files.sort()).toEqual(PHOTO_SOURCES.map(({ file }) => file).sort());
  });
});

describe('the sample digits', () => {
  it('are the 1,797 grey PNGs whose pixels are round(level * 255 / 16)', async () => {
    // Act
    const sample = await makeSample('digits', dir);

    // Assess
    const names = (await readdir(sample.folder)).sort();
    expect(names).toHaveLength(DIGITS);
    const digits = await readDigits();
    for (const i of [0, 1, 900, 1_796]) {
      const digit = digits[i];
      const name = names[i] ?? '';
      expect(name).toBe(`${String(i + 1).padStart(4, '0')}-${digit?.label}.png`);
      const image = sharp(join(sample.folder, name));
      expect(await image.metadata()).toMatchObject({
        format: 'png',
        width: 8,
        height: 8,
        depth: 'uchar',
        channels: 1,
      });
      const pixels = await image.toColourspace('b-w').raw().toBuffer();
      expect([...pixels]).toEqual(Array.from(digit?.levels ?? [], (level) => Math.round((level * 255) / 16)));
    }
  });

  it('are all different, also where there are more than 1,797', async () => {
    const sample = await makeSample('digits', dir, { count: 4_000 });
    const names = await readdir(sample.folder);
    const contents = await Promise.all(
      names.map(async (name) => (await readFile(join(sample.folder, name))).toString('hex')),
    );
    expect(names).toHaveLength(4_000);
    expect(new Set(contents).size).toBe(4_000);
  });

  it('are made once, and anew where one is missing or the count is another', async () => {
    // Prepare
    const first = await makeSample('digits', dir, { count: 50 });
    const times = async () =>
      Promise.all(
        (await readdir(first.folder)).map(async (n) => (await stat(join(first.folder, n))).mtimeMs),
      );
    const before = await times();

    // Act and assess: complete, so nothing is touched
    expect(await makeSample('digits', dir, { count: 50 })).toEqual({ ...first, made: false });
    expect(await times()).toEqual(before);

    await rm(join(first.folder, '0007-6.png'));
    expect(await makeSample('digits', dir, { count: 50 })).toEqual(first);

    await truncate(join(dir, 'digits.json'), 10);
    expect((await makeSample('digits', dir, { count: 50 })).made).toBe(true);

    // Fewer: those over are removed, a stranger's file stays
    await writeFile(join(first.folder, 'mine.png'), 'mine');
    expect((await makeSample('digits', dir, { count: 20 })).made).toBe(true);
    const names = await readdir(first.folder);
    expect(names).toHaveLength(21);
    expect(names).toContain('mine.png');
  });

  it('tell progress, stop with the reason of the signal, and are not taken for complete then', async () => {
    // Prepare
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const told: number[] = [];
    const onProgress = (done: number, total: number) => {
      told.push(done);
      expect(total).toBe(100);
      if (done === 40) controller.abort(reason);
    };

    // Act
    const stopped = makeSample('digits', dir, { count: 100, onProgress, signal: controller.signal });

    // Assess
    await expect(stopped).rejects.toBe(reason);
    expect(told.length).toBeLessThan(50);
    expect(told).toEqual(told.map((_, i) => i + 1));
    expect((await makeSample('digits', dir, { count: 100 })).made).toBe(true);
  });

  it.each([0, -1, 1.5, Number.NaN, 460_033])('refuse a count of %s', async (count) => {
    await expect(makeSample('digits', dir, { count })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      source: 'user',
    });
  });

  it('say where they cannot be written', async () => {
    await writeFile(join(dir, 'file'), '');
    const failure = makeSample('digits', join(dir, 'file'), { count: 1 });
    await expect(failure).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE', source: 'user' });
    await expect(failure).rejects.toThrow(join(dir, 'file', 'digits'));
  });
});
