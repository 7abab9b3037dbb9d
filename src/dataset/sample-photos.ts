import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { integerBetween, seededRandom } from '../statistics/random.ts';

const FOLDER = new URL('../../assets/photos/', import.meta.url);

/** The photographs that the sample is cut from: file and size in pixels. Licences: assets/photos/LICENSES.md. */
export const PHOTO_SOURCES = [
  { name: 'astronaut', file: 'astronaut.png', width: 512, height: 512 },
  { name: 'chelsea', file: 'chelsea.png', width: 451, height: 300 },
  { name: 'china', file: 'china.jpg', width: 640, height: 427 },
  { name: 'coffee', file: 'coffee.png', width: 600, height: 400 },
  { name: 'flower', file: 'flower.jpg', width: 640, height: 427 },
  { name: 'retina', file: 'retina.jpg', width: 1411, height: 1411 },
  { name: 'rocket', file: 'rocket.jpg', width: 640, height: 427 },
] as const;

/**
 * Grain is added since crops of small pictures compress to a third of what a camera's do at this size: with it the
 * files have the 80-110 KB of common photo collections, and decoding them costs as much.
 */
const GRAIN_SIGMA = [6, 20] as const;
const GRAIN_LENGTH = 2 ** 18;

export type PhotoSource = (typeof PHOTO_SOURCES)[number];

/** How one photograph of the sample is made: a crop of a source, in source pixels, scaled to `width` x `height`. */
export type PhotoRecipe = {
  readonly source: PhotoSource;
  readonly crop: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
  readonly width: number;
  readonly height: number;
  readonly mirrored: boolean;
  /** Film grain: its standard deviation in levels, and where in the grain it starts. */
  readonly grain: { readonly sigma: number; readonly start: number };
  readonly grey: boolean;
  readonly progressive: boolean;
  readonly quality: number;
  readonly chromaSubsampling: '4:2:0' | '4:4:4';
};

/**
 * The recipe of photograph `index` (from 0). It depends on the index alone, so the first 100 of 1,000 are the 100.
 *
 * One in four is portrait, one in twenty grey, one in ten progressive, one in four 4:4:4; the long side is 400-600
 * pixels and the quality 75-95.
 */
export function photoRecipe(index: number): PhotoRecipe {
  const random = seededRandom(0x5eed + index * 0x9e37);
  const source = PHOTO_SOURCES[index % PHOTO_SOURCES.length] ?? PHOTO_SOURCES[0];
  const long = integerBetween(random, 400, 600);
  const short = Math.round(long * (0.7 + 0.1 * random()));
  const [width, height] = random() < 0.25 ? [short, long] : [long, short];
  // The largest window of this shape that fits, or down to 60 % of it, at a random place.
  const fit = Math.min(source.width / width, source.height / height) * (0.6 + 0.4 * random());
  const cropWidth = Math.max(1, Math.floor(width * fit));
  const cropHeight = Math.max(1, Math.floor(height * fit));
  return {
    source,
    crop: {
      left: integerBetween(random, 0, source.width - cropWidth),
      top: integerBetween(random, 0, source.height - cropHeight),
      width: cropWidth,
      height: cropHeight,
    },
    width,
    height,
    mirrored: random() < 0.5,
    grain: {
      sigma: integerBetween(random, ...GRAIN_SIGMA),
      start: integerBetween(random, 0, GRAIN_LENGTH - 1),
    },
    grey: random() < 0.05,
    progressive: random() < 0.1,
    quality: Math.max(integerBetween(random, 75, 95), integerBetween(random, 75, 95)),
    chromaSubsampling: random() < 0.25 ? '4:4:4' : '4:2:0',
  };
}

/** A function that makes the JPEG of a recipe. The sources are decoded once, to raw RGB (8 MB in all). */
export async function photoMaker(): Promise<(recipe: PhotoRecipe) => Promise<Buffer>> {
  const sources = new Map<string, Buffer>();
  for (const { name, file } of PHOTO_SOURCES) {
    sources.set(
      name,
      await sharp(await readFile(new URL(file, FOLDER)))
        .removeAlpha()
        .raw()
        .toBuffer(),
    );
  }
  const grain = makeGrain();
  return async ({ source, crop, width, height, mirrored, grey, grain: { sigma, start }, ...jpeg }) => {
    const raw = { width: source.width, height: source.height, channels: 3 } as const;
    const pixels = await sharp(sources.get(source.name), { raw })
      .extract(crop)
      .resize(width, height, { fit: 'fill' })
      .flop(mirrored)
      .raw()
      .toBuffer();
    addGrain(pixels, grain, sigma, start);
    return sharp(pixels, { raw: { width, height, channels: 3 } })
      .toColourspace(grey ? 'b-w' : 'srgb')
      .jpeg(jpeg)
      .toBuffer();
  };
}

/** Normal noise in units of 1/64 of its standard deviation: the sum of 12 uniform numbers, minus 6 (Irwin-Hall). */
function makeGrain(): Int16Array {
  const random = seededRandom(0x6a1);
  return Int16Array.from({ length: GRAIN_LENGTH }, () => {
    let sum = -6;
    for (let i = 0; i < 12; i += 1) sum += random();
    return Math.round(sum * 64);
  });
}

/** Add the same grain to the three channels of every pixel, in place, held within 0-255. */
function addGrain(rgb: Buffer, grain: Int16Array, sigma: number, start: number): void {
  const pixels = new Uint8ClampedArray(rgb.buffer, rgb.byteOffset, rgb.length);
  for (let i = 0, at = start; i < pixels.length; i += 3, at += 1) {
    const noise = ((grain[at & (GRAIN_LENGTH - 1)] ?? 0) * sigma) >> 6;
    pixels[i] = (pixels[i] ?? 0) + noise;
    pixels[i + 1] = (pixels[i + 1] ?? 0) + noise;
    pixels[i + 2] = (pixels[i + 2] ?? 0) + noise;
  }
}
