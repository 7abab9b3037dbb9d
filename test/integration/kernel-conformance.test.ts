import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serializeHistogram } from '../../src/contract/histogram-file.ts';
import { OPERATIONS, type Operation } from '../../src/contract/operation.ts';
import {
  failedRow,
  IMAGE_ERRORS,
  type ImageErrorCode,
  isFailed,
  type Row,
  serializeRow,
} from '../../src/contract/row.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { ValueCounts } from '../../src/kernel/histogram.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { countImage } from '../../src/kernel/prepared.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../src/kernel/wasm/wasm-kernel.ts';
import { PILLOW_DIFFERS, REFUSED } from '../fixtures/refused-images.ts';
import { writeDamaged } from '../support/damaged-images.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { PYTHON_KERNELS, type PythonKernel } from '../support/python-kernels.ts';

/** The native kernel takes part where its addon was built. */
const addon = loadAddon();
const KERNELS = [
  createSharpKernel(),
  createWasmKernel(),
  ...(addon === undefined ? [] : [createNativeKernel(addon)]),
];
let folder = '';
/** Rows that several tests compare, by what they are of. */
const ofKernels = new Map<string, Promise<readonly string[]>>();
const ofPython = new Map<string, readonly string[]>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-kernel-'));
  fixtureLines(['odd_images.py', join(folder, 'odd')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(OPERATIONS)('%s', (operation) => {
  test('all kernels give the same bytes for every odd image', async () => {
    const python = rowsOfPython('odd', operation);
    for (const kernel of KERNELS) {
      expect(await rowsHere(kernel, 'odd', operation), kernel.name).toEqual(python);
      expect(await rowsAtOnce(kernel, 'odd', operation), kernel.name).toEqual(python);
    }
    for (const kernel of PYTHON_KERNELS)
      expect(rowsOfPython('odd', operation, kernel), kernel).toEqual(python);
  });

  test('what is measured equals numpy on the pixels of Pillow', async () => {
    // Prepare
    const numpy = new Map(
      fixtureLines(['independent_rows.py', join(folder, 'odd'), '--operation', operation]).map((line) => [
        keyOf(line),
        line,
      ]),
    );
    // Act
    const rows = await Promise.all(KERNELS.map((kernel) => rowsHere(kernel, 'odd', operation)));
    // Assess
    const isCompared = (line: string) => !isFailed(JSON.parse(line)) && !PILLOW_DIFFERS.has(keyOf(line));
    for (const measured of rows.map((lines) => lines.filter(isCompared))) {
      expect(measured.length).toBeGreaterThan(100);
      expect(measured).toEqual(measured.map((line) => numpy.get(keyOf(line))));
    }
    const others = rows[0]?.filter((line) => PILLOW_DIFFERS.has(keyOf(line)));
    if (operation === 'stats') {
      expect(others?.filter((line) => numpy.get(keyOf(line)) === line)).toEqual([]);
    }
  });
});

test('all kernels count the same values in all odd images together', async () => {
  // Prepare
  const [python, ...others] = PYTHON_KERNELS.flatMap((kernel) =>
    fixtureLines(['histogram_file.py', join(folder, 'odd'), '7'], { kernel }),
  );
  expect(others).toEqual(others.map(() => python));
  const images = (await rowsHere(createSharpKernel(), 'odd', 'stats')).filter(
    (line) => !isFailed(JSON.parse(line)),
  ).length;
  for (const kernel of KERNELS) {
    const prepared = filesOf('odd').map(([name, input]) => kernel.prepare(input, name));
    // Act
    const oneByOne = new ValueCounts();
    for (const image of prepared) await countImage(image, oneByOne);
    const atOnce = new ValueCounts();
    const rows = await kernel.countAll?.(prepared, atOnce);
    // Assess
    const found = kernel.countAll === undefined ? [oneByOne] : [oneByOne, atOnce];
    for (const { histogram: counts } of found) {
      expect(serializeHistogram({ batch: 7, images, counts }), kernel.name).toBe(python);
    }
    expect(rows?.map(({ row }) => serializeRow(row)) ?? rowsOfPython('odd', 'stats')).toEqual(
      rowsOfPython('odd', 'stats'),
    );
  }
});

test.each(KERNELS)('every odd image is measured or refused as documented by $name', async (kernel) => {
  // Act
  const refused: Partial<Record<ImageErrorCode, string[]>> = {};
  for (const line of await rowsHere(kernel, 'odd', 'mean')) {
    const row: Row = JSON.parse(line);
    if (!isFailed(row)) continue;
    expect(row.error.message).toBe(IMAGE_ERRORS[row.error.code]);
    refused[row.error.code] ??= [];
    refused[row.error.code]?.push(row.key);
  }
  // Assess
  expect(refused).toEqual(REFUSED);
});

test.each(KERNELS)('the orientation of a photograph changes nothing for $name', async (kernel) => {
  const rows = new Map(
    (await rowsHere(kernel, 'odd', 'stats')).map((line) => [keyOf(line), JSON.parse(line)]),
  );
  for (const [turned, plain] of [
    ['orientation-6.jpg', 'icc.jpg'],
    ['orientation-6.png', 'rgb.png'],
    ['orientation-6.tif', 'rgb.tif'],
    ['orientation-6.webp', 'lossy.webp'],
  ]) {
    expect({ ...rows.get(turned ?? ''), key: '' }).toEqual({ ...rows.get(plain ?? ''), key: '' });
  }
});

describe('damage at random places', () => {
  test('all kernels agree, whether they measure or refuse', async () => {
    // Prepare
    const target = mkdtempSync(join(folder, 'damaged-'));
    writeDamaged(join(folder, 'odd'), target);
    // Act
    const below = target.slice(folder.length + 1);
    const rows = rowsOfPython(below, 'stats');
    // Assess
    for (const kernel of KERNELS) {
      expect(await rowsHere(kernel, below, 'stats'), kernel.name).toEqual(rows);
      expect(await rowsAtOnce(kernel, below, 'stats'), kernel.name).toEqual(rows);
    }
    for (const kernel of PYTHON_KERNELS) expect(rowsOfPython(below, 'stats', kernel), kernel).toEqual(rows);
    const failed = rows.filter((line) => isFailed(JSON.parse(line))).length;
    expect(failed).toBeGreaterThan(100);
    expect(rows.length - failed).toBeGreaterThan(100);
  });
});

test('keys of every kind have the same text in both languages', () => {
  // Prepare
  const control = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('');
  const keys = [
    ...[
      'a b#?+%25&=.jpg',
      '"quoted"',
      "it's",
      'back\\slash',
      '/',
      'é\u0301',
      '日本語.png',
      '\u{1f600}\u{10ffff}',
    ],
    ...[control, '\u007f\u0080\u009f', '\u2028\u2029\ufeff\ufffd', 'x'.repeat(1_000), '</script>'],
  ];
  const codes = Object.keys(IMAGE_ERRORS).sort() as ImageErrorCode[];
  // Act
  const lines = fixtureLines(['kernel_rows.py', '--keys'], { input: JSON.stringify(keys) });
  // Assess
  expect(lines).toEqual(keys.flatMap((key) => codes.map((code) => serializeRow(failedRow(key, code)))));
});

function rowsHere(kernel: Kernel, below: string, operation: Operation): Promise<readonly string[]> {
  const name = `${kernel.name} ${below} ${operation}`;
  const known = ofKernels.get(name) ?? measureHere(kernel, below, operation);
  ofKernels.set(name, known);
  return known;
}

async function measureHere(kernel: Kernel, below: string, operation: Operation): Promise<string[]> {
  const rows: string[] = [];
  for (const [name, input] of filesOf(below)) {
    rows.push(serializeRow((await kernel.prepare(input, name).measure(operation)).row));
  }
  return rows;
}

/** The rows of the call for many images, or of one after another by a kernel without it. */
async function rowsAtOnce(kernel: Kernel, below: string, operation: Operation): Promise<readonly string[]> {
  if (kernel.measureAll === undefined) return rowsHere(kernel, below, operation);
  const prepared = filesOf(below).map(([name, input]) => kernel.prepare(input, name));
  return (await kernel.measureAll(prepared, operation)).map(({ row }) => serializeRow(row));
}

function filesOf(below: string): [name: string, input: Buffer][] {
  const names = readdirSync(join(folder, below)).sort(compareKeys);
  return names.map((name) => [name, readFileSync(join(folder, below, name))]);
}

function rowsOfPython(
  below: string,
  operation: Operation,
  kernel: PythonKernel = 'portable',
): readonly string[] {
  const name = `${kernel} ${below} ${operation}`;
  const known =
    ofPython.get(name) ?? fixtureLines(['kernel_rows.py', join(folder, below), operation], { kernel });
  ofPython.set(name, known);
  return known;
}

function keyOf(line: string): string {
  return (JSON.parse(line) as Row).key;
}
