import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { pngChunk, pngStart } from '../../src/kernel/png-writer.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../src/kernel/wasm/wasm-kernel.ts';
import { imageMemoryOfFunction } from '../../src/run/image-memory.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';

const MIB = 1024 * 1024;
const MEMORY = 512;
const addon = loadAddon();
const KERNELS = [
  createSharpKernel(),
  createWasmKernel(),
  ...(addon === undefined ? [] : [createNativeKernel(addon)]),
];
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-memory-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('is known from the header, and is the same in every kernel', () => {
  const odd = join(folder, 'odd');
  fixtureLines(['odd_images.py', odd]);
  const [python = '{}'] = fixtureLines(['image_bytes.py', odd]);
  for (const kernel of KERNELS) {
    const known = readdirSync(odd).map((name) => {
      const prepared = kernel.prepare(readFileSync(join(odd, name)), name);
      const products = [undefined, 'png', 'jpeg', 'npy', 'pixels'] as const;
      return [name, products.map((product) => prepared.mostBytes(product))];
    });
    expect(Object.fromEntries(known), kernel.name).toEqual(JSON.parse(python));
  }
});

describe('a large image among small ones', () => {
  const limit = imageMemoryOfFunction(MEMORY) * MIB;

  beforeAll(async () => {
    const images = join(folder, 'images');
    mkdirSync(images);
    const small = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#204060' } })
      .png()
      .toBuffer();
    for (let number = 100; number < 200; number += 1) writeFileSync(join(images, `${number}.png`), small);
    // 134 million pixels of RGBA, and as many as just fit into a function of 512 MB.
    writeFileSync(join(images, '150-huge.png'), rgbaPng(11_585, 11_585));
    writeFileSync(join(images, '151-fits.png'), rgbaPng(7_400, 7_400));
  });

  it('is one row with an error, or its row, in every kernel, and no worker takes more memory than it has', () => {
    const python = fixtureLines(['image_bytes.py', join(folder, 'images'), String(limit)]);
    const others = [
      ...['portable', ...(addon === undefined ? [] : ['native'])].map((kernel) => inFunction(kernel)),
      ...PYTHON_KERNELS.slice(1).map((kernel) =>
        fixtureLines(['image_bytes.py', join(folder, 'images'), String(limit)], { kernel }),
      ),
    ];
    const [rows] = [python.slice(0, -1)];
    expect(rows).toHaveLength(102);
    const failed = rows.filter((row) => row.includes('"error"'));
    expect(failed).toHaveLength(1);
    expect(JSON.parse(failed[0] ?? '')).toMatchObject({
      key: '150-huge.png',
      error: { code: 'TOO_MUCH_MEMORY', message: expect.stringContaining('more memory') },
    });
    // Pixels of (1, 2, 3) with an alpha of 255.
    expect(rows.find((row) => row.includes('151-fits'))).toContain(
      `"sum":[${7_400 ** 2},${2 * 7_400 ** 2},${3 * 7_400 ** 2}]`,
    );
    for (const lines of others) expect(lines.slice(0, -1)).toEqual(rows);
    for (const lines of [python, ...others]) expect(Number(lines.at(-1))).toBeLessThan(MEMORY * MIB);
  }, 60_000);
});

describe('the pixels of a large image', () => {
  beforeAll(() => {
    writeFileSync(join(folder, 'small.png'), rgbaPng(64, 64));
    writeFileSync(join(folder, 'large.png'), rgbaPng(4_000, 4_000));
  });

  it.each(KERNELS)('take no more than it says in $name', ({ name }) => {
    const script = fileURLToPath(new URL('../fixtures/pixels-memory.ts', import.meta.url));
    const args = [script, name, join(folder, 'small.png'), join(folder, 'large.png')];
    expectWithin(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  });

  it.each(PYTHON_KERNELS)('take no more than it says in the %s kernel of Python', (kernel) => {
    const args = ['pixels_memory.py', join(folder, 'small.png'), join(folder, 'large.png')];
    expectWithin(fixtureLines(args, { kernel })[0] ?? '');
  });

  /** Of a file that is small beside its pixels. */
  function expectWithin(line: string): void {
    const [taken, most] = JSON.parse(line) as [number, number];
    const rgb = 3 * 4_000 ** 2;
    expect(most).toBeLessThan(25 * MIB + 5 * 4_000 ** 2 + rgb);
    expect(taken).toBeLessThan(most);
    expect(taken).toBeGreaterThan(rgb);
  }
});

function inFunction(kernel: string): string[] {
  const script = fileURLToPath(new URL('../fixtures/measure-within.ts', import.meta.url));
  const args = [script, join(folder, 'images'), String(MEMORY), kernel];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).split('\n').slice(0, -1);
}

/** A PNG of one colour, (1, 2, 3) with an alpha of 255: 8-bit RGBA, every line without a filter. */
function rgbaPng(width: number, height: number): Buffer {
  const line = Buffer.alloc(1 + 4 * width);
  for (let at = 1; at < line.length; at += 4) line.set([1, 2, 3, 255], at);
  const data = deflateSync(Buffer.concat(Array(height).fill(line)), { level: 1 });
  const start = pngStart({ width, height, colour: 6 });
  return Buffer.concat([...start, ...pngChunk('IDAT', data), ...pngChunk('IEND')]);
}
