import { hash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Normalisation } from '../../src/contract/normalisation.ts';
import { FILE_SUFFIXES } from '../../src/contract/normalised-file.ts';
import { isFailed, serializeRow } from '../../src/contract/row.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../src/kernel/wasm/wasm-kernel.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { fullOnly } from '../support/full-only.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';

/** The native kernel takes part where its addon was built. */
const addon = loadAddon();
const KERNELS = [
  createSharpKernel(),
  createWasmKernel(),
  ...(addon === undefined ? [] : [createNativeKernel(addon)]),
];
/** Another range per channel, with values of the images beyond it on both sides, and a channel without one. */
const RANGE = { min: [40, 60, 90], max: [180, 180, 90] } as const;
const EVERY = (['png', 'npy', 'jpeg'] as const).flatMap((format): Normalisation[] => [
  { format, channels: 'all', quality: 90 },
  { format, channels: 'each', quality: 55 },
  { format, channels: 'each', quality: 100, range: RANGE },
]);
/** What is stretched does not depend on what it is written as: every stretch as it is, and each format. */
const CASES = fullOnly(
  EVERY,
  EVERY.filter(({ format, channels, range }) => {
    if (format === 'npy') return true;
    return format === 'png' ? channels === 'all' : channels === 'each' && range === undefined;
  }),
);
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-normalise-'));
  fixtureLines(['odd_images.py', join(folder, 'odd')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(CASES)('$format, $channels, $range', (normalisation) => {
  test('all kernels give the same rows and files for every odd image', async () => {
    // Prepare
    const out = join(folder, `out-${CASES.indexOf(normalisation)}`);
    const [expected, ...others] = PYTHON_KERNELS.map((kernel) => {
      const to = kernel === 'portable' ? out : `${out}-${kernel}`;
      mkdirSync(to);
      const args = ['normalised_files.py', join(folder, 'odd'), to, JSON.stringify(normalisation)];
      return fixtureLines(args, { kernel });
    });
    for (const rows of others) {
      expect(rows).toEqual(expected);
      expect(filesIn(`${out}-native`)).toEqual(filesIn(out));
    }
    const names = readdirSync(join(folder, 'odd')).sort(compareKeys);
    for (const kernel of KERNELS) {
      // Act
      const outcomes = await Promise.all(
        names.map((name) =>
          kernel.prepare(readFileSync(join(folder, 'odd', name)), name).normalise(normalisation),
        ),
      );
      // Assess
      expect(
        outcomes.map(({ row }) => serializeRow(row)),
        kernel.name,
      ).toEqual(expected);
      const different = outcomes.filter(({ row, file }) => {
        const path = join(out, `${row.key}${FILE_SUFFIXES[normalisation.format]}`);
        // JPEG too, as long as the libraries of this lock file are of one mind; no more is promised than the rows.
        return file === undefined ? existsSync(path) : !file.equals(readFileSync(path));
      });
      expect(
        different.map(({ row }) => row.key),
        kernel.name,
      ).toEqual([]);
      expect(outcomes.filter(({ row }) => !isFailed(row)).length).toBeGreaterThan(100);
    }
  });
});

/** The hashes of the files in a folder, by their names. */
function filesIn(below: string): Map<string, string> {
  return new Map(readdirSync(below).map((name) => [name, hash('sha256', readFileSync(join(below, name)))]));
}
