import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { forEachConcurrent } from '../src/concurrency/for-each-concurrent.ts';
import { digitPng, readDigits } from '../src/dataset/sample-digits.ts';
import { type PhotoRecipe, photoMaker, photoRecipe } from '../src/dataset/sample-photos.ts';
import { CACHE } from './places.ts';

/** The images of a set are all of one kind, so that a figure per image says something. */
export type SetName = 'photos' | 'large' | 'png' | 'digits';

export type ImageSet = {
  readonly name: SetName;
  readonly title: string;
  /** Absolute, with the images and nothing else. */
  readonly folder: string;
  readonly images: number;
  readonly bytes: number;
};

type Definition = {
  readonly title: string;
  /** Usually, and with `--quick`. */
  readonly images: number;
  readonly few: number;
  readonly extension: 'jpg' | 'png';
  readonly maker: () => Promise<(index: number) => Promise<Buffer> | Buffer>;
};

/**
 * `photos` are as heavy as photographs of this size in common collections (87 KB on average); `large` are a camera's at
 * quality 90 (594 KB), with half the grain, since at this size a pixel has less detail. PNG is written with the filters
 * that libpng chooses, from pictures with the little noise of a good camera: 1.6 bytes a pixel, as Kodak's test set has.
 */
const DEFINITIONS: Readonly<Record<SetName, Definition>> = {
  photos: {
    title: 'JPEG 500x375',
    images: 320,
    few: 40,
    extension: 'jpg',
    maker: () => photographs((recipe) => ({ ...shaped(recipe, 500, 375) })),
  },
  large: {
    title: 'JPEG 2048x1024',
    images: 40,
    few: 8,
    extension: 'jpg',
    maker: () =>
      photographs((recipe) => ({
        ...shaped(recipe, 2048, 1024),
        quality: 90,
        grain: { ...recipe.grain, sigma: Math.round(recipe.grain.sigma / 2) },
      })),
  },
  png: {
    title: 'PNG 500x375',
    images: 160,
    few: 20,
    extension: 'png',
    maker: async () => {
      const make = await photographs((recipe) => ({
        ...shaped(recipe, 500, 375),
        quality: 100,
        chromaSubsampling: '4:4:4',
        grain: { ...recipe.grain, sigma: 2 },
      }));
      return async (index) =>
        sharp(await make(index))
          .png({ adaptiveFiltering: true })
          .toBuffer();
    },
  },
  digits: {
    title: 'PNG 8x8 digits',
    images: 1797,
    few: 400,
    extension: 'png',
    maker: async () => {
      const digits = await readDigits();
      return (index) => digitPng(digits, index);
    },
  },
};

/** Raise this when the images change: folders of an older version are made anew. */
const VERSION = 1;

/**
 * The set, made if it is not there yet: the same images for the same version of sharp.
 *
 * @param options `images` where it is to have another number of them
 */
export async function imageSet(
  name: SetName,
  { few = false, ...other }: { readonly few?: boolean; readonly images?: number } = {},
): Promise<ImageSet> {
  const definition = DEFINITIONS[name];
  const images = other.images ?? (few ? definition.few : definition.images);
  const folder = join(CACHE, 'sets', `${name}-${images}-v${VERSION}`);
  const marker = `${folder}.json`;
  const found = await readFile(marker, 'utf8').catch(() => undefined);
  if (found !== undefined)
    return { name, title: definition.title, folder, images, bytes: JSON.parse(found).bytes };

  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const make = await definition.maker();
  let bytes = 0;
  await forEachConcurrent(Array.from({ length: images }), 4, async (_, index) => {
    const file = await make(index);
    bytes += file.length;
    await writeFile(join(folder, `${String(index).padStart(5, '0')}.${definition.extension}`), file);
  });
  await writeFile(marker, JSON.stringify({ bytes }));
  return { name, title: definition.title, folder, images, bytes };
}

async function photographs(change: (recipe: PhotoRecipe) => PhotoRecipe) {
  const make = await photoMaker();
  return (index: number) => make(change(photoRecipe(index)));
}

/** The recipe for another size: the largest window of its shape from the middle; colour, baseline and 4:2:0. */
function shaped(recipe: PhotoRecipe, width: number, height: number): PhotoRecipe {
  const { source } = recipe;
  const fit = Math.min(source.width / width, source.height / height);
  const crop = { width: Math.floor(width * fit), height: Math.floor(height * fit) };
  return {
    ...recipe,
    crop: {
      ...crop,
      left: Math.floor((source.width - crop.width) / 2),
      top: Math.floor((source.height - crop.height) / 2),
    },
    width,
    height,
    grey: false,
    progressive: false,
    chromaSubsampling: '4:2:0',
  };
}

/** The files of a set, in the order of all results. */
export async function readSet({ folder }: Pick<ImageSet, 'folder'>): Promise<Buffer[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}
