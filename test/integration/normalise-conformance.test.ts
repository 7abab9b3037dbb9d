import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareKeys } from '../../src/dataset/order.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import type { Normalisation } from '../../src/kernel/normalisation.ts';
import { isFailed, serializeRow } from '../../src/kernel/row.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { FILE_SUFFIXES } from '../../src/run/normalised-file.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The native kernel takes part where its addon was built. */
const addon = loadAddon();
const KERNELS = [createSharpKernel(), ...(addon === undefined ? [] : [createNativeKernel(addon)])];
/** Another range per channel, with values of the images beyond it on both sides, and a channel without one. */
const RANGE = { min: [40, 60, 90], max: [180, 180, 90] } as const;
const CASES: readonly Normalisation[] = (['png', 'npy', 'jpeg'] as const).flatMap((format) => [
  { format, channels: 'all', quality: 90 },
  { format, channels: 'each', quality: 55 },
  { format, channels: 'each', quality: 100, range: RANGE },
]);
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-normalise-'));
  python(['odd_images.py', join(folder, 'odd')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(CASES)('$format, $channels, $range', (normalisation) => {
  test('all kernels give the same rows and files for every odd image', async () => {
    // Prepare
    const out = join(folder, `out-${CASES.indexOf(normalisation)}`);
    mkdirSync(out);
    const expected = python([
      ...['normalised_files.py', join(folder, 'odd'), out],
      JSON.stringify(normalisation),
    ]);
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

/** Run a script of test/fixtures and give the lines that it prints. */
function python(args: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(join(ROOT, '.venv/bin/python'), ['-B', ...args], {
    cwd: join(ROOT, 'test/fixtures'),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${stderr}`);
  return stdout.split('\n').slice(0, -1);
}
