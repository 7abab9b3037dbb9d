import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../../src/contract/operation.ts';
import type { Row } from '../../../src/contract/row.ts';
import { NUMBERS_OUT, STATES } from '../../../src/kernel/addon-numbers.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { loadAddon } from '../../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../../src/kernel/native-kernel.ts';
import { pngChunk, pngStart } from '../../../src/kernel/png-writer.ts';
import { measurePixels } from '../../../src/kernel/scan.ts';
import { createSharpKernel } from '../../../src/kernel/sharp-kernel.ts';

const addon = loadAddon();
const portable = createSharpKernel();

describe.runIf(addon !== undefined)('the native kernel', () => {
  if (addon === undefined) return;
  const kernel = createNativeKernel(addon);

  test('PNGs of every filter and colour type have the statistics of their pixels', async () => {
    await fc.assert(
      fc.asyncProperty(pngs, fc.constantFrom(...OPERATIONS), async (png, operation) => {
        const { row } = await kernel.prepare(png.file, 'a').measure(operation);
        const data = Uint8Array.from(png.pixels);
        expect(row).toEqual(measurePixels('a', png, { data, channels: png.channels }, operation));
      }),
      { numRuns: 300 },
    );
  });

  test.each([...[1, 2, 4].map((bits) => ({ bits, colours: 2 ** bits })), { bits: 8, colours: 200 }])(
    'palettes of $bits bits give what sharp gives',
    async ({ colours }) => {
      const input = await sharp(noise(37 * 19 * 4), { raw: { width: 37, height: 19, channels: 4 } })
        .png({ palette: true, colours, dither: 0 })
        .toBuffer();
      expect(await rowBy(kernel, input)).toEqual(await rowBy(portable, input));
    },
  );

  test.each([
    ...[
      { width: 1, height: 1 },
      { width: 1, height: 30_000 },
      { width: 30_000, height: 1 },
    ],
    ...[
      { width: 8_192, height: 5 },
      { width: 333, height: 217 },
      { width: 17, height: 9 },
    ],
  ])('JPEG of $width x $height gives what sharp gives', async ({ width, height }) => {
    for (const channels of [1, 3] as const) {
      const picture = sharp(noise(width * height * channels), { raw: { width, height, channels } });
      for (const options of [{}, { progressive: true }, { chromaSubsampling: '4:4:4' }]) {
        const input = await picture.clone().jpeg(options).toBuffer();
        expect(await rowBy(kernel, input)).toEqual(await rowBy(portable, input));
      }
    }
  });

  test('many images at once keep their order, whoever measures them', async () => {
    // Prepare
    const [jpeg, webp] = await Promise.all([
      plain(40).jpeg({ quality: 100 }).toBuffer(),
      plain(80).webp({ lossless: true }).toBuffer(),
    ]);
    const small = encodePng({ width: 2, height: 2, channels: 1, depth: 8, colour: 0 }, noise(4), [0]);
    const cut = without(jpeg, 0xdb);
    const inputs = Array.from({ length: 1_200 }, (_, at) => {
      if (at % 100 === 7) return webp;
      if (at % 100 === 13) return Buffer.from('text');
      if (at % 10 === 3) return cut;
      return at % 5 === 0 ? jpeg : small;
    });
    const prepared = inputs.map((input, at) => kernel.prepare(input, String(at)));
    // Act
    const measured = (await kernel.measureAll?.(prepared, 'stats')) ?? [];
    // Assess
    const alone = new Map<Buffer, Row>();
    for (const input of new Set(inputs)) alone.set(input, { ...(await rowBy(portable, input)), key: '' });
    expect(measured.map(({ row }) => row.key)).toEqual(inputs.map((_, at) => String(at)));
    measured.forEach(({ row, detail, decodeMs, computeMs }, at) => {
      expect({ ...row, key: '' }).toEqual(alone.get(inputs[at] ?? jpeg));
      if (inputs[at] === cut) expect(detail).toMatch(/Quantization table/);
      expect(decodeMs).toBeGreaterThanOrEqual(0);
      expect(computeMs).toBeGreaterThanOrEqual(0);
    });
  });

  test('metadata may cut a file into any number of pieces', async () => {
    const jpeg = await plain(40).jpeg().toBuffer();
    const comments = Buffer.alloc(4 * 300_000, Buffer.of(0xff, 0xfe, 0, 2));
    const input = Buffer.concat([jpeg.subarray(0, 2), comments, jpeg.subarray(2)]);
    expect(await rowBy(kernel, input)).toEqual(await rowBy(portable, jpeg));
  });

  test('no images give no rows', async () => {
    expect(await kernel.measureAll?.([], 'mean')).toEqual([]);
  });

  test('memory is told before decoding: little for lines, much for coefficients', async () => {
    const whole = await plain(200).resize(2_000, 1_000).jpeg().toBuffer();
    const progressive = await plain(200).resize(2_000, 1_000).jpeg({ progressive: true }).toBuffer();
    expect(kernel.prepare(whole, 'a').workingBytes).toBeLessThan(2_000 * 1_000);
    expect(kernel.prepare(progressive, 'a').workingBytes).toBeGreaterThan(6 * 2_000 * 1_000);
    expect(kernel.prepare(Buffer.from('text'), 'a').workingBytes).toBe(0);
  });

  test('bytes that no reader has checked do no harm', async () => {
    const files = [
      await plain(90).jpeg().toBuffer(),
      await plain(90).jpeg({ progressive: true }).toBuffer(),
      encodePng({ width: 16, height: 16, channels: 3, depth: 8, colour: 2 }, noise(768), [1, 4, 2, 3]),
    ];
    const size = fc.oneof(fc.constant(16), fc.nat(), fc.constantFrom(0, 1, 65_535, 4_294_967_295));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 3 }),
        size,
        size,
        async (file, changes, cuts, width, height) => {
          const damaged = Buffer.from(file);
          for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
          const places = [0, ...cuts.map((at) => at % damaged.length).sort((a, b) => a - b)];
          const pieces = places.map((from, at) => damaged.subarray(from, places[at + 1]));
          const { numbers } = await addon.measure(
            pieces,
            Uint32Array.of(width, height, pieces.length),
            'statistics',
          );
          expect(numbers.length).toBe(NUMBERS_OUT);
          expect(Object.values(STATES)).toContain(numbers[0]);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('a wrong call is refused before anything runs', () => {
    const one = Uint32Array.of(1, 1, 1);
    expect(() => addon.measure(['text' as unknown as Buffer], one, 'statistics')).toThrow();
    expect(() => addon.measure([], one, 'statistics')).toThrow(/as many pieces/);
    expect(() => addon.measure([Buffer.alloc(1)], Uint32Array.of(1, 1), 'statistics')).toThrow(
      /three numbers/,
    );
    expect(() =>
      addon.measure([Buffer.alloc(1)], Uint32Array.of(1, 1, 4_294_967_295), 'statistics'),
    ).toThrow();
    expect(() => addon.measure([Buffer.alloc(1)], one, 'all' as 'statistics')).toThrow(/what to measure/);
  });
});

type Layout = {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  readonly depth: 1 | 2 | 4 | 8;
  readonly colour: number;
};

/** Files with their 8-bit pixels, filtered line by line in any way. */
const pngs = fc
  .record({
    width: fc.integer({ min: 1, max: 70 }),
    height: fc.integer({ min: 1, max: 12 }),
    kind: fc.constantFrom(
      ...([1, 2, 4, 8] as const).map((depth) => ({ channels: 1 as const, depth, colour: 0 })),
      { channels: 3 as const, depth: 8 as const, colour: 2 },
      { channels: 2 as const, depth: 8 as const, colour: 4 },
      { channels: 4 as const, depth: 8 as const, colour: 6 },
    ),
    filters: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 }),
    seed: fc.nat(),
    idats: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ width, height, kind, filters, seed, idats }) => {
    const layout: Layout = { width, height, ...kind };
    const levels = 2 ** kind.depth - 1;
    const samples = noise(width * height * kind.channels, seed).map((value) => value & levels);
    return {
      ...layout,
      file: encodePng(layout, samples, filters, idats),
      pixels: samples.map((value) => (value * 255) / levels),
    };
  });

/** Encode samples of `depth` bits; line y has filter `filters[y % length]`. PNG, W3C Recommendation, clauses 9, 11. */
function encodePng(layout: Layout, samples: Uint8Array, filters: readonly number[], idats = 1): Buffer {
  const { width, height, channels, depth, colour } = layout;
  const lineBytes = Math.ceil((width * channels * depth) / 8);
  const lines = Buffer.alloc(height * (lineBytes + 1));
  let above = Buffer.alloc(lineBytes);
  for (let y = 0; y < height; y += 1) {
    const line = Buffer.alloc(lineBytes);
    for (let x = 0; x < width * channels; x += 1) {
      const bit = x * depth;
      const sample = samples[y * width * channels + x] ?? 0;
      line[bit >> 3] = (line[bit >> 3] ?? 0) | (sample << (8 - depth - (bit & 7)));
    }
    const filter = filters[y % filters.length] ?? 0;
    lines[y * (lineBytes + 1)] = filter;
    line.forEach((value, at) => {
      const left = line[at - channels] ?? 0;
      const up = above[at] ?? 0;
      const corner = at < channels ? 0 : (above[at - channels] ?? 0);
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      lines[y * (lineBytes + 1) + 1 + at] = value - predicted;
    });
    above = line;
  }
  const data = deflateSync(lines);
  const cut = Math.ceil(data.length / idats);
  const runs = Array.from({ length: idats }, (_, at) => data.subarray(at * cut, (at + 1) * cut));
  return Buffer.concat([
    ...pngStart({ width, height, depth, colour }),
    ...pngChunk('tEXt', Buffer.from('a\0b')), // cut out by the reader, so that there is more than one piece
    ...runs.flatMap((run) => pngChunk('IDAT', run)),
    ...pngChunk('IEND'),
  ]);
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

/** Bytes of a linear congruential generator (the constants of Numerical Recipes). */
function noise(count: number, seed = 1): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

function plain(level: number) {
  return sharp({ create: { width: 16, height: 16, channels: 3, background: { r: level, g: 20, b: 30 } } });
}

/** A JPEG that has lost its segments of one kind. */
function without(jpeg: Buffer, marker: number): Buffer {
  let rest = jpeg;
  for (let at = rest.indexOf(Buffer.of(0xff, marker)); at >= 0; at = rest.indexOf(Buffer.of(0xff, marker))) {
    rest = Buffer.concat([rest.subarray(0, at), rest.subarray(at + 2 + rest.readUInt16BE(at + 2))]);
  }
  return rest;
}

async function rowBy(kernel: Kernel, input: Buffer): Promise<Row> {
  return (await kernel.prepare(input, '').measure('stats')).row;
}
