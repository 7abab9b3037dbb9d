import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { scanSourcesHash, wasmSourcesHash, workerModule } from '../../../scripts/native/wasm.mjs';
import { NORMALISED_FORMATS } from '../../../src/contract/normalisation.ts';
import { OPERATIONS } from '../../../src/contract/operation.ts';
import { NUMBERS_OUT, STATES } from '../../../src/kernel/addon-numbers.ts';
import { pngChunk, pngStart } from '../../../src/kernel/png-writer.ts';
import { createSharpKernel } from '../../../src/kernel/sharp-kernel.ts';
import { KERNEL_SOURCES } from '../../../src/kernel/wasm/kernel-wasm.ts';
import { SCAN_SOURCES } from '../../../src/kernel/wasm/scan-wasm.ts';
import { createWasmKernel, wasmAddon } from '../../../src/kernel/wasm/wasm-kernel.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const kernel = createWasmKernel(2);
const other = createSharpKernel();

describe('what is generated is made of the sources as they are; else: npm run build:wasm', () => {
  test('the WebAssembly', () => expect(KERNEL_SOURCES).toBe(wasmSourcesHash(join(ROOT, 'native'))));

  test('the scan beside sharp', () => expect(SCAN_SOURCES).toBe(scanSourcesHash(ROOT)));

  test('the program of its threads', async () => {
    const made = readFileSync(join(ROOT, 'src', 'kernel', 'wasm', 'worker-source.ts'), 'utf8');
    expect(made).toBe(await workerModule(ROOT));
  });
});

/** Bytes of a linear congruential generator (the constants of Numerical Recipes). */
function noise(length: number): Buffer {
  let state = 1;
  return Buffer.alloc(length).map(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  }) as Buffer;
}

function picture(width: number, height: number, channels: 1 | 3 = 3) {
  return sharp(noise(width * height * channels), { raw: { width, height, channels } });
}

async function rows(input: Buffer) {
  const measured = [kernel, other].map((one) => one.prepare(input, 'a').measure('stats'));
  return (await Promise.all(measured)).map(({ row }) => row);
}

test.each(['4:2:0', '4:2:2', '4:4:4', '4:4:0'])(
  'JPEG of %s and every width around a vector gives what sharp gives',
  async (sampling) => {
    for (let width = 1; width < 75; width += width > 40 ? 3 : 1) {
      const input = await picture(width, 35).jpeg({ quality: 60, chromaSubsampling: '4:4:4' }).toBuffer();
      const [row, expected] = await rows(sampled(input, sampling));
      expect(row, `${width}`).toEqual(expected);
    }
  },
);

/** The same codes under another header: an odd picture that ends too early or too late, which is the same for all decoders. */
function sampled(input: Buffer, sampling: string): Buffer {
  const factors: Readonly<Record<string, number>> = {
    '4:2:0': 0x22,
    '4:2:2': 0x21,
    '4:4:4': 0x11,
    '4:4:0': 0x12,
  };
  const at = input.indexOf(Buffer.from('ffc00011', 'hex'));
  const file = Buffer.from(input);
  file.writeUInt8(factors[sampling] ?? 0, at + 11);
  return file;
}

test.each([
  ['grey', 0, 1],
  ['RGB', 2, 3],
  ['grey with alpha', 4, 2],
  ['RGBA', 6, 4],
])(
  'PNG of %s with all filters, at every width around a vector, gives what sharp gives',
  async (_, colour, bytes) => {
    for (let width = 1; width < 140; width += width > 40 ? 7 : 1) {
      const [row, expected] = await rows(filteredPng(width, 23, colour, bytes));
      expect(row, `${width}`).toEqual(expected);
    }
  },
);

// A strip is one line here, and a sum of 16 bits has no room for more than 12,336 bytes of white.
test.each([4_112, 4_144])('white PNG of %i pixels a line gives what sharp gives', async (width) => {
  const create = { width, height: 2, channels: 3, background: 'white' } as const;
  const [row, expected] = await rows(await sharp({ create }).png().toBuffer());
  expect(row).toEqual(expected);
});

/** Lines of noise, each with another filter than the one before. */
function filteredPng(width: number, height: number, colour: number, bytes: number): Buffer {
  const lines = noise(height * (1 + width * bytes));
  for (let y = 0; y < height; y += 1) lines[y * (1 + width * bytes)] = (y * 3) % 5;
  return Buffer.concat([
    ...pngStart({ width, height, colour }),
    ...pngChunk('IDAT', deflateSync(lines)),
    ...pngChunk('IEND'),
  ]);
}

describe.each(['jpeg', 'png'] as const)('a %s file is left to no other kernel', (format) => {
  const prepare = async () => kernel.prepare(await picture(40, 30).toFormat(format).toBuffer(), 'a');

  test.each(OPERATIONS)('by %s', async (operation) => {
    const { row, leftTo } = await (await prepare()).measure(operation);
    expect(row).toHaveProperty('width', 40);
    expect(leftTo).toBeUndefined();
  });

  test('by its histogram', async () => {
    expect((await (await prepare()).histogram()).leftTo).toBeUndefined();
  });

  test.each(NORMALISED_FORMATS)('when it is normalised to %s', async (to) => {
    const { row, leftTo } = await (await prepare()).normalise({ format: to, channels: 'all', quality: 90 });
    expect(row).toHaveProperty('output');
    expect(leftTo).toBeUndefined();
  });
});

test('a GIF is left to sharp, and says so', async () => {
  const { leftTo } = await kernel.prepare(await picture(4, 3).gif().toBuffer(), 'a').measure('max');
  expect(leftTo).toBe('sharp');
});

test('a file that is larger than the mailbox of a thread comes over whole', async () => {
  const input = await picture(1_100, 1_000).png({ compressionLevel: 0 }).toBuffer();
  expect(input.length).toBeGreaterThan(3 * 2 ** 20);
  const [row, expected] = await rows(input);
  expect(row).toEqual(expected);
});

test('more images than threads are measured, in their order, also behind one that used much memory', async () => {
  // Prepare
  const small = await Promise.all([1, 2, 3, 4].map((width) => picture(width, 9).png().toBuffer()));
  const plain = { create: { width: 9_000, height: 9_000, channels: 3, background: '#010203' } } as const;
  const large = await sharp(plain).png({ compressionLevel: 1 }).toBuffer();
  const inputs = [large, ...small, large, ...small];
  // Act
  const measured = await Promise.all(
    inputs.map((input, at) => kernel.prepare(input, `${at}`).measure('max')),
  );
  // Assess
  const widths = measured.map(({ row }) => 'width' in row && row.width);
  expect(widths).toEqual([9_000, 1, 2, 3, 4, 9_000, 1, 2, 3, 4]);
  expect(measured[5]?.row).toMatchObject({ key: '5', max: [1, 2, 3] });
}, 30_000);

test('an image that claims much memory and has no data for it is left to sharp, and the next one is measured', async () => {
  const addon = wasmAddon(1);
  const input = await picture(8, 8).png().toBuffer();
  // Lines of 400 MB: the largest image.
  const claimed = Buffer.from(input);
  claimed.writeUInt32BE(2 ** 16, 16);
  claimed.writeUInt32BE(2 ** 11, 20);
  const { numbers } = await addon.measure([claimed], Uint32Array.of(2 ** 16, 2 ** 11, 1), 'statistics');
  expect([numbers.length, numbers[0]]).toEqual([NUMBERS_OUT, STATES.foreign]);
  const after = await addon.measure([input], Uint32Array.of(8, 8, 1), 'statistics');
  expect(after.numbers[0]).toBe(STATES.measured);
});

test('its threads do not keep a process from ending', async () => {
  const program = `
    import { createWasmKernel } from './src/kernel/wasm/wasm-kernel.ts';
    const input = Buffer.from(process.argv[1], 'base64');
    const measured = [1, 2, 3].map(() => createWasmKernel(2).prepare(input, 'a').measure('max'));
    for (const { row } of await Promise.all(measured)) console.log(row.width);`;
  const input = (await picture(5, 8).png().toBuffer()).toString('base64');
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--input-type=module-typescript', '-e', program, input],
    { cwd: ROOT, encoding: 'utf8', timeout: 120_000 },
  );
  expect([status, stdout]).toEqual([0, '5\n5\n5\n']);
});
