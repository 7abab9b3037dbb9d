import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCorpus, writeCorpus } from '../../scripts/fuzz/corpus.ts';
import { fuzz } from '../../scripts/fuzz/fuzz.ts';
import { makeInput } from '../../scripts/fuzz/mutate.ts';
import { WASM } from '../../scripts/fuzz/report.ts';
import { serializeRow } from '../../src/contract/row.ts';
import { NUMBERS_IN, NUMBERS_OUT, STATES } from '../../src/kernel/addon-numbers.ts';
import { ADDON_PATH } from '../../src/kernel/native-addon.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { IS_FULL } from '../support/full-only.ts';

/** The same in each run: a change meets those of `npm run fuzz` as well, as CONTRIBUTING.md has it. */
const INPUTS = IS_FULL ? 6_000 : 2_400;

let work = '';
let folder = '';
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'fanfleet-fuzz-'));
  folder = join(work, 'odd');
  writeCorpus(folder);
});
afterAll(() => rmSync(work, { recursive: true }));

test('a seed and a number decide an input, whatever was made before it', () => {
  const [one, other] = [readCorpus(folder), readCorpus(folder)];
  const first = Array.from({ length: 300 }, (_, number) => makeInput(one, 7, number));
  for (const input of first.toReversed()) expect(makeInput(other, 7, input.number)).toEqual(input);
  expect(new Set(first.map(({ data }) => data.toString('base64'))).size).toBeGreaterThan(280);
});

describe.each([
  { name: 'the native kernel, where `npm run build:native` has built it', addon: ADDON_PATH },
  { name: 'the portable kernel', addon: WASM },
])('$name', ({ addon }) => {
  test.runIf(addon === WASM || existsSync(addon))(
    'measures and normalises changed files, and makes tensors of them, without a crash, and as sharp does',
    async () => {
      // Act
      const { findings, counts } = await fuzz({
        folder,
        seed: 20_261_121,
        from: 0,
        to: INPUTS,
        compareEvery: 8,
        normaliseEvery: 8,
        addon,
        growthBytes: Number.POSITIVE_INFINITY, // the warm-up of so short a run is no leak
      });
      // Assess
      expect(findings).toEqual([]);
      expect(counts.decoded).toBeGreaterThan(INPUTS / 3);
      expect(counts.measured).toBeGreaterThan(INPUTS / 6);
      expect(counts.compared).toBeGreaterThan(INPUTS / 12);
      expect(counts.normalised).toBeGreaterThan(INPUTS / 12);
      expect(counts.tensors).toBeGreaterThan(INPUTS / 12);
    },
  );
});

test('the Pillow kernel gives the rows of the portable one for changed files of every format', async () => {
  // Prepare
  const changed = join(work, 'changed');
  mkdirSync(changed);
  const corpus = readCorpus(folder);
  const inputs = Array.from({ length: INPUTS }, (_, number) => makeInput(corpus, 20_261_122, number));
  const nameOf = (number: number) => String(number).padStart(6, '0');
  for (const { number, data } of inputs) writeFileSync(join(changed, nameOf(number)), data);
  // Act
  const pillow = fixtureLines(['kernel_rows.py', changed, 'stats']);
  // Assess
  const portable = createSharpKernel();
  const different: object[] = [];
  for (const [place, { number, from, data }] of inputs.entries()) {
    const { row } = await portable.prepare(data, nameOf(number)).measure('stats');
    if (serializeRow(row) !== pillow[place]) different.push({ from, row, pillow: pillow[place] });
  }
  expect(different).toEqual([]);
});

describe('the watch over the process', () => {
  const settings = { seed: 1, from: 0, to: 24, compareEvery: 1e9, normaliseEvery: 1e9 };

  test('names the inputs at which it dies, and goes on behind them', async () => {
    // Prepare: what is done to every fifth image.
    const addon = brokenAddon('if (images[0] % 5 === 1) process.abort()');
    // Act
    const { findings, counts } = await fuzz({ ...settings, folder, atOnce: 8, addon });
    // Assess
    expect(findings.length).toBeGreaterThan(0);
    for (const { kind, detail } of findings) expect([kind, detail]).toEqual(['crash', expect.any(String)]);
    const numbers = findings.map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(counts.measured).toBeGreaterThan(0);
  });

  test('names the input at which it hangs', async () => {
    const addon = brokenAddon('for (;;);');
    const { findings } = await fuzz({ ...settings, to: 4, folder, atOnce: 1, limitMs: 3_000, addon });
    expect(findings[0]).toMatchObject({ kind: 'hang' });
  });

  test('tells of what an image makes the kernel reject', async () => {
    const addon = brokenAddon('throw new RangeError("as if the addon had a bug")');
    const { findings } = await fuzz({ ...settings, folder, addon });
    expect(findings[0]).toMatchObject({ kind: 'rejection', detail: expect.stringContaining('had a bug') });
  });

  test('tells of a row that the kernel of sharp does not give', async () => {
    const addon = brokenAddon(`return { numbers: new Float64Array(${NUMBERS_OUT}), details: [] }`);
    const { findings } = await fuzz({ ...settings, folder, atOnce: 1, compareEvery: 1, addon });
    expect(findings[0]).toMatchObject({ kind: 'difference', detail: expect.stringContaining('sharp') });
  });
});

/** In the place of the addon: a module that breaks in some way, or else leaves all images to sharp. */
function brokenAddon(statement: string): string {
  const path = join(work, 'broken.cjs');
  writeFileSync(
    path,
    `exports.measure = async (pieces, images) => {
      ${statement};
      const numbers = new Float64Array((images.length / ${NUMBERS_IN}) * ${NUMBERS_OUT});
      for (let at = 0; at < numbers.length; at += ${NUMBERS_OUT}) numbers[at] = ${STATES.foreign};
      return { numbers, details: [] };
    };`,
  );
  return path;
}
