import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TensorRecipe } from '../../src/contract/tensor.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { withinMemory } from '../../src/kernel/image-memory.ts';
import type { Tensored } from '../../src/kernel/kernel.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { createWasmKernel } from '../../src/kernel/wasm/wasm-kernel.ts';
import { writeDamaged } from '../support/damaged-images.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';

/** The native kernel takes part where its addon was built. */
const addon = loadAddon();
const KERNELS = [createWasmKernel(), ...(addon === undefined ? [] : [createNativeKernel(addon)])];
const CONSTANTS = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const RECIPES: TensorRecipe[] = [
  {
    resize: { shorter: 41 },
    filter: 'bilinear',
    crop: { width: 32, height: 35 },
    layout: 'nchw',
    type: 'float32',
    ...CONSTANTS,
  },
  { resize: { width: 29, height: 17 }, filter: 'bicubic', layout: 'nhwc', type: 'float32' },
  { resize: { width: 7, height: 40 }, filter: 'lanczos', layout: 'nchw', type: 'uint8' },
  { resize: { width: 30, height: 3 }, filter: 'box', layout: 'nhwc', type: 'uint8' },
  {
    resize: { shorter: 11 },
    crop: { width: 11, height: 11 },
    filter: 'nearest',
    layout: 'nhwc',
    type: 'uint8',
  },
];
let folder = '';
let files: (readonly [name: string, input: Buffer])[] = [];
/** Of the portable kernel in Python, of odd images and of some that are damaged at random places. */
let expected: unknown[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-tensors-'));
  fixtureLines(['odd_images.py', folder]);
  writeDamaged(folder, folder);
  const names = readdirSync(folder).sort(compareKeys);
  files = names.map((name) => [name, readFileSync(join(folder, name))]);
  expected = hashesOfPython('portable');
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(PYTHON_KERNELS.slice(1))('%s of Python makes the tensors of Pillow', (kernel) => {
  expect(hashesOfPython(kernel)).toEqual(expected);
});

describe.each(KERNELS)('$name', (kernel) => {
  test('makes the tensors of Pillow and numpy of every odd and damaged image', async () => {
    const lines: unknown[] = [];
    for (const recipe of RECIPES) {
      const prepared = files.map(([name, input]) => kernel.prepare(input, name));
      lines.push(...((await kernel.tensors?.(prepared, recipe)) ?? []).map(lineOf));
    }
    expect(lines).toEqual(expected);
    expect(lines.filter((line) => 'sha256' in (line as object)).length).toBeGreaterThan(400 * RECIPES.length);
  });

  test('writes the same into the array of a batch, without gaps for those that failed', async () => {
    const fixed = RECIPES.filter(({ resize, crop }) => crop !== undefined || 'width' in resize);
    expect(fixed.map(({ type }) => type)).toContain('float32');
    for (const recipe of fixed) {
      const prepared = () => files.map(([name, input]) => kernel.prepare(input, name));
      const alone = (await kernel.tensors?.(prepared(), recipe)) ?? [];
      const length = alone.find(({ tensor }) => tensor !== undefined)?.tensor?.data.length ?? 0;
      const room = length * (files.length + 1);
      const into = (recipe.type === 'float32' ? new Float32Array(room) : new Uint8Array(room)).fill(7);
      const made = (await kernel.tensors?.(prepared(), recipe, into)) ?? [];
      expect(made.map(lineOf)).toEqual(alone.map(lineOf));
      const places = made.flatMap(({ tensor }) => (tensor === undefined ? [] : [tensor.data]));
      expect(places.length).toBeLessThan(files.length);
      places.forEach(({ buffer, byteOffset }, at) => {
        expect(buffer).toBe(into.buffer);
        expect(byteOffset).toBe(at * length * into.BYTES_PER_ELEMENT);
      });
      expect(into.subarray(files.length * length).every((value) => value === 7)).toBe(true);
    }
  });

  test('refuses what would take too much memory, or would have too many pixels', async () => {
    const [recipe] = RECIPES;
    if (recipe === undefined) throw new Error('no recipe');
    const [name, input] = ['short.png', imageOf(40)] as const;
    const needed = kernel.prepare(input, name).mostBytes(recipe);
    const made = async (bytes: number) => {
      const within = withinMemory(kernel, bytes, recipe);
      return (await within.tensors?.([within.prepare(input, name)], recipe))?.[0];
    };
    expect((await made(needed - 1))?.failed).toMatchObject({ error: { code: 'TOO_MUCH_MEMORY' } });
    expect((await made(needed))?.failed).toBeUndefined();

    const image = kernel.prepare(imageOf(9000), 'tall.png');
    const asked = { ...recipe, resize: { shorter: 256 } };
    const [refused, sound] = (await kernel.tensors?.([image, kernel.prepare(input, name)], asked)) ?? [];
    expect(refused?.failed).toMatchObject({ key: 'tall.png', error: { code: 'TOO_MANY_PIXELS' } });
    expect(sound?.tensor?.shape).toEqual([3, 35, 32]);
    // By the header, so that damage behind it is not seen by one kernel and not by another.
    const damaged = kernel.prepare(imageOf(9000, 'damaged'), 'tall.gif');
    expect((await damaged.pixels()).failed).toMatchObject({ error: { code: 'DECODE_FAILED' } });
    const [tall] = (await kernel.tensors?.([damaged], asked)) ?? [];
    expect(tall?.failed).toMatchObject({ error: { code: 'TOO_MANY_PIXELS' } });
  });
});

/** A PNG that is one pixel wide; or a GIF that cannot be decoded. */
function imageOf(height: number, ...damaged: 'damaged'[]): Buffer {
  return Buffer.from(fixtureLines(['tall_image.py', String(height), ...damaged])[0] ?? '', 'base64');
}

function hashesOfPython(kernel: (typeof PYTHON_KERNELS)[number]): unknown[] {
  const input = JSON.stringify(RECIPES);
  return fixtureLines(['tensor_hashes.py', folder], { kernel, input }).map((line) => JSON.parse(line));
}

function lineOf(made: Tensored, at: number): unknown {
  if (made.tensor === undefined) return made.failed;
  const { tensor, size, droppedBits = false } = made;
  const { shape, data } = tensor;
  expect(data).toHaveLength(shape[0] * shape[1] * shape[2]);
  return { key: files[at]?.[0], ...size, shape, sha256: hash('sha256', data), droppedBits };
}
