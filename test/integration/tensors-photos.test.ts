import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TensorRecipe } from '../../src/contract/tensor.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { makeSample } from '../../src/dataset/sample.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { createWasmKernel } from '../../src/kernel/wasm/wasm-kernel.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { IS_FULL } from '../support/full-only.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';

/** One in twenty is grey, one in ten progressive, one in four upright. */
const PHOTOS = IS_FULL ? 1_000 : 40;
const FILTERS = ['bilinear', 'bicubic', 'lanczos'] as const;
/** What test/fixtures/pillow_tensors.py makes. */
const RECIPES = FILTERS.map(
  (filter): TensorRecipe => ({
    resize: { shorter: 256 },
    filter,
    crop: { width: 224, height: 224 },
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    layout: 'nchw',
    type: 'float32',
  }),
);
const BATCH = 20;
const timeout = IS_FULL ? 600_000 : 120_000;

const addon = loadAddon();
const KERNELS = [createWasmKernel(), ...(addon === undefined ? [] : [createNativeKernel(addon)])];
let root = '';
let photos = '';
/** Of every filter and photograph. */
let expected: string[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'fanfleet-photos-'));
  photos = (await makeSample('photos', root, { count: PHOTOS })).folder;
  expected = fixtureLines(['pillow_tensors.py', photos, ...FILTERS]);
  expect(new Set(expected).size).toBe(PHOTOS * FILTERS.length);
}, timeout);
afterAll(() => rmSync(root, { recursive: true }));

test.each(PYTHON_KERNELS)(
  '%s in Python makes the tensors of Pillow of every photograph',
  { timeout },
  (kernel) => {
    const input = JSON.stringify(RECIPES);
    const lines = fixtureLines(['tensor_hashes.py', photos], { kernel, input });
    expectAll(lines.map((line) => JSON.parse(line).sha256));
  },
);

test.each(KERNELS)(
  '$name in Node makes the tensors of Pillow of every photograph',
  { timeout },
  async (kernel) => {
    const names = readdirSync(photos).sort(compareKeys);
    const into = new Float32Array(BATCH * 3 * 224 * 224);
    const hashes: unknown[] = [];
    for (const recipe of RECIPES) {
      for (let at = 0; at < names.length; at += BATCH) {
        const images = names.slice(at, at + BATCH);
        const prepared = images.map((name) => kernel.prepare(readFileSync(join(photos, name)), name));
        const made = (await kernel.tensors?.(prepared, recipe, into)) ?? [];
        hashes.push(...made.map(({ tensor, failed }) => (tensor ? hash('sha256', tensor.data) : failed)));
      }
    }
    expectAll(hashes);
  },
);

/** Says which photographs differ, and not the whole of both lists. */
function expectAll(hashes: readonly unknown[]): void {
  const different = expected.flatMap((each, at) =>
    each === hashes[at] ? [] : [`${FILTERS[Math.floor(at / PHOTOS)]} of photograph ${at % PHOTOS}`],
  );
  expect(different).toEqual([]);
  expect(hashes).toHaveLength(expected.length);
}
