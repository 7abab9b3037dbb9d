import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFailed, type Row, serializeRow } from '../../src/contract/row.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../src/kernel/wasm/wasm-kernel.ts';
import { fixtureLines } from '../support/fixture-script.ts';

/** The bench's environment has OpenCV: `npm run bench` makes it. */
const PYTHON = fileURLToPath(new URL('../../bench/.venv/bin/python', import.meta.url));

/** Odd images that OpenCV reads otherwise, by design, where the kernels follow docs/formats.md. */
const OTHERWISE: readonly { readonly what: string; readonly names: RegExp }[] = [
  {
    what: 'alpha and transparent colours are left out, not laid over black',
    names: /alpha|rgba|trns|clear|plane|unknown-chunk|behind-picture|unpadded|^transparent|^animated\.webp$/,
  },
  { what: 'a frame smaller than the canvas', names: /^(partial|moved)-/ },
  { what: 'TIFF: RGB of 16 bits is scaled to 8, not cut', names: /^rgb-16-bit.*\.tif$/ },
  { what: 'TIFF: the orientation is applied', names: /^orientation-6\.tif$/ },
  { what: 'TIFF: the first page, even if it is a reduced copy', names: /reduced.*\.tif$/ },
];
/** Odd images that OpenCV does not read. */
const UNREAD: readonly { readonly what: string; readonly names: RegExp }[] = [
  { what: 'TIFF of 2 and 4 bits', names: /-[24]-bit\.tif$/ },
  {
    what: 'GIF: no trailer, a frame beyond the screen, no width',
    names: /^(no-end|frame-beyond|zero-width).*gif$/,
  },
  { what: 'TIFF: a mask first, data of no defined format', names: /^((reduced-)?mask|undefined).*tif$/ },
  {
    what: 'WebP: a header that says otherwise than what follows, or none',
    names: /^(animation-called|still-called|plane-without-header|unknown-chunk-alone).*webp$/,
  },
  { what: 'PNG: a palette of more than 256 colours', names: /^palette-of-300\.png$/ },
];

describe.runIf(existsSync(PYTHON))('OpenCV, from bench/.venv, which `npm run bench` makes', () => {
  const addon = loadAddon();
  const kernels = [
    createSharpKernel(),
    createWasmKernel(),
    ...(addon === undefined ? [] : [createNativeKernel(addon)]),
  ];
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanfleet-opencv-'));
    fixtureLines(['odd_images.py', folder]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(kernels)('gives the rows of the $name kernel for what it reads alike', async (kernel) => {
    // Prepare
    const opencv = new Map(
      fixtureLines(['opencv_rows.py', folder], { interpreter: PYTHON }).map((line) => [keyOf(line), line]),
    );
    // Act
    const [equal, different, unread]: [string[], string[], string[]] = [[], [], []];
    for (const name of readdirSync(folder).sort(compareKeys)) {
      const { row } = await kernel.prepare(readFileSync(join(folder, name)), name).measure('stats');
      const other = opencv.get(name) ?? '';
      if (isFailed(row)) continue;
      if (serializeRow(row) === other) equal.push(name);
      else (isFailed(JSON.parse(other)) ? unread : different).push(name);
    }
    // Assess
    expect(equal.length).toBeGreaterThan(200);
    for (const [names, kinds] of [[different, OTHERWISE] as const, [unread, UNREAD] as const]) {
      expect(names.filter((name) => !kinds.some((kind) => kind.names.test(name)))).toEqual([]);
      expect(kinds.filter((kind) => !names.some((name) => kind.names.test(name)))).toEqual([]);
    }
  });
});

function keyOf(line: string): string {
  return (JSON.parse(line) as Row).key;
}
