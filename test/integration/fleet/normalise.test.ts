import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Normalisation } from '../../../src/contract/normalisation.ts';
import { isFailed } from '../../../src/contract/row.ts';
import { checkRow } from '../../../src/workloads/statistics/row-check.ts';
import { PILLOW_DIFFERS } from '../../fixtures/refused-images.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Grey, RGB with other values per channel, beyond the range on both sides. */
const RANGE = { min: [40, 60, 90], max: [180, 180, 181] } as const;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-normalise-'));
  python(['odd_images.py', join(folder, 'odd')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const CASES: readonly Normalisation[] = (['png', 'npy', 'jpeg'] as const).flatMap((format) => [
  { format, channels: 'all', quality: 90 },
  { format, channels: 'each', quality: 90 },
  { format, channels: 'each', quality: 40, range: RANGE },
]);

describe.each(CASES)('$format, $channels, $range', (normalisation) => {
  it('of every odd image is what numpy makes of the pixels of Pillow', () => {
    // Prepare
    const out = join(folder, `${CASES.indexOf(normalisation)}`);
    mkdirSync(out);
    const settings = JSON.stringify(normalisation);
    // Act
    const rows = python(['normalised_files.py', join(folder, 'odd'), out, settings]);
    // Assess
    const lines = rows.split('\n').slice(0, -1);
    const checked = lines.map((line) => checkRow(line, { operation: 'normalise', normalisation }));
    expect(checked.filter(({ problem }) => problem !== undefined)).toEqual([]);
    const measured = checked.filter(({ row }) => row !== undefined && !isFailed(row));
    // Pillow has 8 bits of most images of 16: deep-conformance.test.ts has right values for those.
    const compared = lines.filter((line) => {
      const { key, depth } = JSON.parse(line);
      return !PILLOW_DIFFERS.has(key) && depth !== 16;
    });
    const found = JSON.parse(
      python(['independent_normalised.py', join(folder, 'odd'), out, settings], `${compared.join('\n')}\n`),
    );
    expect(found.different).toEqual({});
    expect(found.checked).toBe(compared.filter((line) => !isFailed(JSON.parse(line))).length);
    expect(found.checked).toBeGreaterThan(200);
    expect(readdirSync(out)).toHaveLength(measured.length);
  });
});

it('an image with a side that no JPEG has is refused as JPEG only', () => {
  // Prepare
  const wide = join(folder, 'wide');
  const out = join(folder, 'wide-out');
  for (const path of [wide, out]) mkdirSync(path);
  const image = "from PIL import Image; import sys; Image.new('L', (65501, 1)).save(sys.argv[1])";
  python(['-c', image, join(wide, 'wide.png')]);
  const rowAs = (format: Normalisation['format']) => {
    const settings = JSON.stringify({ format, channels: 'all', quality: 90 });
    return JSON.parse(python(['normalised_files.py', wide, out, settings]));
  };
  // Act, assess
  expect(rowAs('png')).toMatchObject({ width: 65_501, min: [0, 0, 0], max: [0, 0, 0] });
  expect(rowAs('jpeg')).toMatchObject({ error: { code: 'OUTPUT_TOO_LARGE' } });
});

/** Run a script of test/fixtures, or code, and give what it prints. */
function python(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(join(ROOT, '.venv/bin/python'), ['-B', ...args], {
    cwd: join(ROOT, 'test/fixtures'),
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${stderr}`);
  return stdout;
}
