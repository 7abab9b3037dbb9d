import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFailed, type MeasuredRow, type PerChannel } from '../../src/contract/row.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import type { Decoded, RgbPixels } from '../../src/kernel/kernel.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../src/kernel/wasm/wasm-kernel.ts';
import { writeDamaged } from '../support/damaged-images.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';

/** The native kernel takes part where its addon was built. */
const addon = loadAddon();
const KERNELS = [
  createSharpKernel(),
  createWasmKernel(),
  ...(addon === undefined ? [] : [createNativeKernel(addon)]),
];
let folder = '';
let files: (readonly [name: string, input: Buffer])[] = [];
/** Of the portable kernel in Python, of odd images and of some that are damaged at random places. */
let expected: unknown[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-pixels-'));
  fixtureLines(['odd_images.py', folder]);
  writeDamaged(folder, folder);
  const names = readdirSync(folder).sort(compareKeys);
  files = names.map((name) => [name, readFileSync(join(folder, name))]);
  expected = hashesOfPython('portable');
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(PYTHON_KERNELS.slice(1))('%s of Python gives the pixels of Pillow', (kernel) => {
  expect(hashesOfPython(kernel)).toEqual(expected);
});

describe.each(KERNELS)('$name', (kernel) => {
  test('gives the pixels of Pillow for every odd and damaged image, one by one and all at once', async () => {
    // Act
    const oneByOne: Decoded[] = [];
    for (const [name, input] of files) oneByOne.push(await kernel.prepare(input, name).pixels());
    const atOnce = await kernel.pixelsAll?.(files.map(([name, input]) => kernel.prepare(input, name)));
    // Assess
    expect(oneByOne.map(lineOf)).toEqual(expected);
    expect((atOnce ?? oneByOne).map(lineOf)).toEqual(expected);
    expect(oneByOne.filter(({ pixels }) => pixels !== undefined).length).toBeGreaterThan(400);
  });

  test('measures what it decodes, and fails alike', async () => {
    for (const [name, input] of files) {
      // Act
      const { row, computeMs, ...measured } = await kernel.prepare(input, name).measure('stats');
      const { pixels, failed, ...decoded } = await kernel.prepare(input, name).pixels();
      // Assess
      const naive = pixels === undefined ? failed : { key: name, ...statisticsOf(pixels) };
      expect(naive).toEqual(row);
      expect({ ...decoded, decodeMs: 0 }).toEqual({ ...measured, decodeMs: 0 });
      expect(pixels === undefined).toBe(isFailed(row));
    }
  });

  test('gives 8 bits of 16 whatever depth is asked for, and says that it left bits out', async () => {
    const deep = files.filter((_, at) => (expected[at] as { droppedBits?: boolean }).droppedBits);
    expect(deep.length).toBeGreaterThan(10);
    for (const [name, input] of deep) {
      const decoded = await kernel.prepare(input, name, 'native').pixels();
      expect(expected).toContainEqual(
        lineOf(
          decoded,
          files.findIndex(([other]) => other === name),
        ),
      );
    }
  });
});

function hashesOfPython(kernel: (typeof PYTHON_KERNELS)[number]): unknown[] {
  return fixtureLines(['pixel_hashes.py', folder], { kernel }).map((line) => JSON.parse(line));
}

function lineOf({ pixels, failed, droppedBits = false }: Decoded, at: number): unknown {
  if (pixels === undefined) return failed;
  const { width, height, data } = pixels;
  expect(data).toHaveLength(3 * width * height);
  return { key: files[at]?.[0], width, height, sha256: hash('sha256', data), droppedBits };
}

/** Value by value. */
function statisticsOf({ width, height, data }: RgbPixels): Omit<MeasuredRow, 'key'> {
  const pixels = width * height;
  const [sum, sumSq, min, max] = [
    [0, 0, 0],
    [0, 0, 0],
    [255, 255, 255],
    [0, 0, 0],
  ] as [number[], number[], number[], number[]];
  for (const [at, value] of data.entries()) {
    const channel = at % 3;
    sum[channel] = (sum[channel] ?? 0) + value;
    sumSq[channel] = (sumSq[channel] ?? 0) + value * value;
    min[channel] = Math.min(min[channel] ?? 0, value);
    max[channel] = Math.max(max[channel] ?? 0, value);
  }
  const mean = sum.map((total) => Number((2_000_000n * BigInt(total) + BigInt(pixels)) / BigInt(2 * pixels)));
  const all = (values: number[]) => values as unknown as PerChannel;
  const found = { sum: all(sum), sumSq: all(sumSq), min: all(min), max: all(max), mean_e6: all(mean) };
  return { width, height, channels: 3, ...found };
}
