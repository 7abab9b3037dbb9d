import fc from 'fast-check';
import sharp, { type JpegOptions } from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { loadAddon } from '../../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../../src/kernel/native-kernel.ts';
import { createSharpKernel } from '../../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../../src/kernel/wasm/wasm-kernel.ts';

/** Large enough for the decoder of `native/src/jpeg_entropy.c`, which leaves small images to libjpeg. */
const [WIDTH, HEIGHT] = [307, 211];
const OPTIONS: readonly JpegOptions[] = [
  { quality: 1 },
  { quality: 75 },
  { quality: 100 },
  { quality: 100, chromaSubsampling: '4:4:4' },
  { quality: 90, chromaSubsampling: '4:4:4', optimiseCoding: true },
  { quality: 20, optimiseCoding: true },
];
const PICTURES = {
  noise: (at: number) => (Math.imul(at, 2_654_435_761) >>> 24) ^ ((at * at) & 255),
  waves: (at: number) => 128 + 127 * Math.sin((at % (3 * WIDTH)) / (5 + at / 9_000)),
  flat: (at: number) => (at % 3) * 60,
  /** The largest differences between neighbouring blocks that there are. */
  squares: (at: number) => (((at / 24) ^ (at / (24 * WIDTH))) & 1) * 255,
} as const;

const addon = loadAddon();
const portable = createSharpKernel();

/** One thread, whose tables every image finds as the one before has left them. */
const KERNELS = { native: addon && createNativeKernel(addon), wasm: createWasmKernel(1) };

describe.each(Object.entries(KERNELS))('the decoder of Huffman codes of kernel %s', (_, kernel) => {
  if (kernel === undefined) return test.skip('which is not built');

  describe.each(Object.keys(PICTURES) as (keyof typeof PICTURES)[])('%s', (name) => {
    test.each(OPTIONS)('%j has the same pixels', async (options) => {
      for (const input of [await jpeg(name, options), await jpeg(name, options, 'b-w')]) {
        expect(await pixelsOf(kernel, input)).toEqual(await pixelsOf(portable, input));
      }
    });
  });

  test('codes and coefficients of the greatest length may follow each other', async () => {
    for (let phase = 0; phase < 8; phase += 1) {
      const input = longCodes(phase);
      expect(await pixelsOf(kernel, input)).toEqual(await pixelsOf(portable, input));
    }
  });

  test('the last coefficient of a block is not read together with what the next one begins with', async () => {
    for (let phase = 0; phase < 8; phase += 1) {
      const input = shortCodes(phase);
      expect(await pixelsOf(kernel, input)).toEqual(await pixelsOf(portable, input));
    }
  });

  test('tables are made anew behind codes that are refused', async () => {
    for (const largest of [10, 11, 10]) {
      const input = longCodes(3, { largest });
      expect(await pixelsOf(kernel, input), `${largest}`).toEqual(await pixelsOf(portable, input));
    }
  });

  test('the same codes are right in images of every size, small or large first', async () => {
    for (const height of [8, HEIGHT, 16, HEIGHT]) {
      const input = shortCodes(3, height);
      expect(await pixelsOf(kernel, input), `${height}`).toEqual(await pixelsOf(portable, input));
    }
  });

  test.each([1, 5, 64])('restart intervals of %i blocks begin anew', async (interval) => {
    const input = longCodes(70, { interval });
    expect(await pixelsOf(kernel, input)).toEqual(await pixelsOf(portable, input));
  });

  test('another restart marker than the next gives what libjpeg makes of it', async () => {
    const file = longCodes(70, { interval: 64 });
    const at = file.indexOf(Buffer.of(0xff, 0xd2)) + 1;
    for (const marker of [0xd1, 0xd3, 0xd6, 0xd9, 0x00, 0xff]) {
      const input = Buffer.from(file);
      input[at] = marker;
      expect(await pixelsOf(kernel, input)).toEqual(await pixelsOf(portable, input));
    }
  });

  test('data that is damaged anywhere gives what libjpeg makes of it', async () => {
    const files = await Promise.all([
      ...OPTIONS.map((options) => jpeg('noise', options)),
      jpeg('waves', { quality: 60 }),
      jpeg('waves', { quality: 90 }, 'b-w'),
      longCodes(70, { interval: 9 }),
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
          minLength: 1,
          maxLength: 4,
        }),
        async (file, changes) => {
          const damaged = Buffer.from(file);
          const start = damaged.indexOf(Buffer.of(0xff, 0xda)) + 14;
          for (const [place, byte] of changes) {
            damaged[start + Math.floor(place * (damaged.length - start - 2))] = byte;
          }
          expect(await pixelsOf(kernel, damaged)).toEqual(await pixelsOf(portable, damaged));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('data that ends too early gives what libjpeg makes of it', async () => {
    const file = await jpeg('noise', { quality: 80 });
    const start = file.indexOf(Buffer.of(0xff, 0xda)) + 14;
    for (const part of [0, 0.001, 0.3, 0.5, 0.77, 0.999]) {
      const length = Math.floor(part * (file.length - start - 2));
      const cut = Buffer.concat([file.subarray(0, start + length), Buffer.of(0xff, 0xd9)]);
      expect(await pixelsOf(kernel, cut)).toEqual(await pixelsOf(portable, cut));
    }
  });
});

/**
 * A grey image whose coefficients all have a code of 16 bits and 10 bits of their own, by tables of its own.
 *
 * @param phase so many of the differences of DC are 1, which takes two bits more than 0
 * @param interval with a restart marker behind so many blocks, at which DC begins anew; 0 for none
 * @param largest bits of a coefficient in another number than 10: more are not for 8-bit samples
 */
function longCodes(phase: number, { interval = 0, largest = 10 } = {}): Buffer {
  const coefficient = (block: number, at: number) => {
    const half = 2 ** (largest - 1);
    const value = half + ((block * 37 + at * 61) % half);
    const bits = (block + at) % 3 === 0 ? 2 * half - 1 - value : value;
    return `0000000000000001${bits.toString(2).padStart(largest, '0')}`;
  };
  return grey([...counts({ 16: 2 }), 0x00, largest], { phase, interval, coefficient });
}

/** The same with coefficients of one bit, whose codes have one as well: no block has a code for its end. */
function shortCodes(phase: number, height = HEIGHT): Buffer {
  const coefficient = (block: number, at: number) => `0${(block * 5 + at) % 2}`;
  return grey([...counts({ 1: 1, 2: 1 }), 0x01, 0x00], { phase, interval: 0, height, coefficient });
}

type Codes = {
  readonly phase: number;
  readonly interval: number;
  readonly height?: number;
  readonly coefficient: (block: number, at: number) => string;
};

function grey(ac: readonly number[], { phase, interval, height = HEIGHT, coefficient }: Codes): Buffer {
  const dc = counts({ 1: 1, 2: 1 });
  const size = [height >> 8, height & 255, WIDTH >> 8, WIDTH & 255];
  const coded: number[] = [];
  let bits = '';
  for (let block = 0; block < Math.ceil(WIDTH / 8) * Math.ceil(height / 8); block += 1) {
    if (interval > 0 && block > 0 && block % interval === 0) {
      coded.push(...packed(bits), 0xff, 0xd0 + ((block / interval - 1) % 8));
      bits = '';
    }
    bits += block < phase ? '101' : '0';
    for (let at = 1; at < 64; at += 1) bits += coefficient(block, at);
  }
  return Buffer.from([
    ...[0xff, 0xd8, ...segment(0xdb, [0, ...new Array(64).fill(1)])],
    ...segment(0xc0, [8, ...size, 1, 1, 0x11, 0]),
    ...segment(0xc4, [0x00, ...dc, 0, 1, 0x10, ...ac]),
    ...segment(0xdd, [interval >> 8, interval & 255]),
    ...segment(0xda, [1, 1, 0, 0, 63, 0]),
    ...coded,
    ...packed(bits),
    ...[0xff, 0xd9],
  ]);
}

/** Bits as bytes, filled up with ones, a zero byte after each 0xff. */
function packed(bits: string): number[] {
  const bytes = (bits + '1'.repeat((8 - (bits.length % 8)) % 8)).match(/.{8}/g) ?? [];
  return bytes.flatMap((byte) => (byte === '11111111' ? [0xff, 0] : [Number.parseInt(byte, 2)]));
}

/** How many codes there are of each length from 1 to 16. */
function counts(of: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: 16 }, (_, at) => of[at + 1] ?? 0);
}

function segment(marker: number, body: readonly number[]): number[] {
  return [0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body];
}

async function jpeg(name: keyof typeof PICTURES, options: JpegOptions, space: 'srgb' | 'b-w' = 'srgb') {
  const pixels = Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, at) => PICTURES[name](at));
  const picture = sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
  return picture.toColourspace(space).jpeg(options).toBuffer();
}

/** A row that vouches for every pixel at its place, or says why there are none. */
async function pixelsOf(kernel: Kernel, input: Buffer) {
  const range = { min: [0, 0, 0], max: [255, 255, 255] } as const;
  const settings = { format: 'jpeg', channels: 'all', quality: 50, range } as const;
  return (await kernel.prepare(input, 'a').normalise(settings)).row;
}
