import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Depth } from '../../src/contract/depth.ts';
import { serializeHistogram } from '../../src/contract/histogram-file.ts';
import type { Normalisation } from '../../src/contract/normalisation.ts';
import { FILE_SUFFIXES } from '../../src/contract/normalised-file.ts';
import { OPERATIONS, type Operation } from '../../src/contract/operation.ts';
import { isFailed, serializeRow } from '../../src/contract/row.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { ValueCounts } from '../../src/kernel/histogram.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { countImage } from '../../src/kernel/prepared.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../src/kernel/wasm/wasm-kernel.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { IS_FULL } from '../support/full-only.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';

/** The native kernel takes part where its addon was built. */
const addon = loadAddon();
const KERNELS = [
  createSharpKernel(),
  createWasmKernel(),
  ...(addon === undefined ? [] : [createNativeKernel(addon)]),
];
const JPEG: Normalisation = { format: 'jpeg', channels: 'all', quality: 90 };
/** Of a dataset, by all bits, with values of the images beyond it on both sides. */
const DEEP_RANGE = { min: [9_000, 20_000, 0], max: [60_000, 60_001, 65_535], depth: 16 } as const;
const CASES: readonly Normalisation[] = [
  JPEG,
  { format: 'png', channels: 'each', quality: 90 },
  { format: 'npy', channels: 'all', quality: 90 },
  { format: 'png', channels: 'each', quality: 90, range: { min: [4, 20, 90], max: [180, 181, 90] } },
  { format: 'png', channels: 'each', quality: 90, range: DEEP_RANGE },
  { format: 'npy', channels: 'all', quality: 90, range: DEEP_RANGE },
];
let folder = '';
let expected: { readonly native: string; readonly normalised: string }[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-deep-'));
  expected = fixtureLines(['deep_images.py', join(folder, 'deep')]).map((line) => {
    const { native, normalised } = JSON.parse(line);
    return { native: JSON.stringify(native), normalised: JSON.stringify(normalised) };
  });
  fixtureLines(['odd_images.py', join(folder, 'odd')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(KERNELS)('$name measures all bits of an image of 16', async (kernel) => {
  expect(await rowsHere(kernel, 'deep', 'stats', 'native')).toEqual(expected.map(({ native }) => native));
});

test.each(PYTHON_KERNELS)('%s in Python measures all bits of an image of 16', (kernel) => {
  const rows = fixtureLines(['kernel_rows.py', join(folder, 'deep'), 'stats', 'native'], { kernel });
  expect(rows).toEqual(expected.map(({ native }) => native));
});

test.each(OPERATIONS)(
  'all kernels give the same rows of %s for all odd images by all bits',
  async (operation) => {
    const python = fixtureLines(['kernel_rows.py', join(folder, 'odd'), operation, 'native']);
    expect(python.filter((row) => row.includes('"depth":16')).length).toBeGreaterThan(20);
    for (const kernel of KERNELS) {
      expect(await rowsHere(kernel, 'odd', operation, 'native'), kernel.name).toEqual(python);
    }
  },
);

test('all kernels count the same values of images of 8 and 16 bits together', async () => {
  const python = ['deep', 'odd'].map((below) => {
    const [file = '', ...others] = PYTHON_KERNELS.flatMap((kernel) =>
      fixtureLines(['histogram_file.py', join(folder, below), '7', 'native'], { kernel }),
    );
    expect(others).toEqual(others.map(() => file));
    return [below, file] as const;
  });
  for (const kernel of KERNELS) {
    const counts = new ValueCounts();
    let images = 0;
    for (const [below, expectedFile] of python) {
      for (const [name, input] of filesOf(below)) {
        const { row } = await countImage(kernel.prepare(input, name, 'native'), counts);
        if (!isFailed(row)) images += 1;
      }
      const { histogram, deep } = counts;
      if (below === 'deep') {
        expect(
          serializeHistogram({ batch: 7, images, counts: histogram, ...(deep && { deep }) }),
          kernel.name,
        ).toBe(expectedFile);
        expect(deep?.images).toBe(images);
      } else {
        expect(JSON.parse(expectedFile).deep.images).toBe((deep?.images ?? 0) - expected.length);
      }
    }
  }
});

test('by 8 bits all kernels give the high ones, and say that others were left out', async () => {
  const python = fixtureLines(['kernel_rows.py', join(folder, 'deep'), 'stats', '8']);
  for (const kernel of KERNELS) {
    expect(await rowsHere(kernel, 'deep', 'stats', '8'), kernel.name).toEqual(python);
    const measured = await Promise.all(
      filesOf('deep').map(([name, input]) => kernel.prepare(input, name).measure('mean')),
    );
    expect(measured.every(({ droppedBits }) => droppedBits)).toBe(true);
  }
  const [clear] = python.filter((row) => row.includes('grey-clear.png')).map((row) => JSON.parse(row));
  const [opaque] = python.filter((row) => row.includes('"grey.png"')).map((row) => JSON.parse(row));
  // 0x1234 is clear, and its neighbours with the same high or low byte are not.
  expect(opaque.sum[0] - clear.sum[0]).toBe(0x12);
});

test.each(KERNELS)('$name normalises all bits of an image of 16', async (kernel) => {
  const outcomes = await Promise.all(
    filesOf('deep').map(([name, input]) => kernel.prepare(input, name).normalise(JPEG)),
  );
  expect(outcomes.map(({ row }) => serializeRow(row))).toEqual(expected.map(({ normalised }) => normalised));
});

test.each(CASES)(
  'all kernels normalise to the same files: $format, $channels, $range',
  async (normalisation) => {
    // What a range of 8 bits makes of odd images is compared in normalise-conformance.test.ts, as is what is written of any.
    const isOfOdd = normalisation.range === DEEP_RANGE && (IS_FULL || normalisation.format === 'npy');
    for (const below of isOfOdd ? ['deep', 'odd'] : ['deep']) {
      // Prepare
      const out = join(folder, `${below}-${CASES.indexOf(normalisation)}`);
      mkdirSync(out);
      const script = (to: string) => [
        ...['normalised_files.py', join(folder, below), to],
        JSON.stringify(normalisation),
      ];
      const python = fixtureLines(script(out));
      for (const kernel of PYTHON_KERNELS) expect(fixtureLines(script(out), { kernel })).toEqual(python);
      for (const kernel of KERNELS) {
        // Act
        const outcomes = await Promise.all(
          filesOf(below).map(([name, input]) => kernel.prepare(input, name).normalise(normalisation)),
        );
        // Assess
        expect(
          outcomes.map(({ row }) => serializeRow(row)),
          kernel.name,
        ).toEqual(python);
        for (const { row, file } of outcomes) {
          const path = join(out, `${row.key}${FILE_SUFFIXES[normalisation.format]}`);
          if (file !== undefined) expect(file.equals(readFileSync(path)), row.key).toBe(true);
        }
      }
    }
  },
);

async function rowsHere(
  kernel: Kernel,
  below: string,
  operation: Operation,
  depth: Depth,
): Promise<string[]> {
  const rows: string[] = [];
  for (const [name, input] of filesOf(below)) {
    rows.push(serializeRow((await kernel.prepare(input, name, depth).measure(operation)).row));
  }
  return rows;
}

function filesOf(below: string): [name: string, input: Buffer][] {
  const names = readdirSync(join(folder, below)).sort(compareKeys);
  return names.map((name) => [name, readFileSync(join(folder, below, name))]);
}
