import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KernelChoice } from '../../src/contract/kernel-choice.ts';
import { isFailed, type Row, serializeRow } from '../../src/contract/row.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { makeSample } from '../../src/dataset/sample.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';

/** One in twenty photographs is grey and one in ten progressive: so many have some of each. */
const COUNTS = { photos: 120, digits: 300 } as const;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-samples-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(['photos', 'digits'] as const)(
  'the digest of sample %s is one, by every kernel of both languages',
  async (kind) => {
    // Prepare
    const sample = await makeSample(kind, folder, { count: COUNTS[kind] });
    // Act
    const rows = new Map<string, string[]>();
    for (const choice of PYTHON_KERNELS) {
      rows.set(`${choice} in Node`, await rowsInNode(choice, sample.folder));
      rows.set(
        `${choice} in Python`,
        fixtureLines(['kernel_rows.py', sample.folder, 'stats'], { kernel: choice }),
      );
    }
    // Assess
    const [first = []] = rows.values();
    expect(first).toHaveLength(COUNTS[kind]);
    expect(first.filter((line) => isFailed(JSON.parse(line) as Row))).toEqual([]);
    for (const [name, lines] of rows) expect(digestOf(lines), name).toBe(digestOf(first));
  },
);

async function rowsInNode(choice: KernelChoice, images: string): Promise<string[]> {
  const kernel = await chooseKernel(choice);
  const rows: string[] = [];
  for (const name of readdirSync(images).sort(compareKeys)) {
    const { row } = await kernel.prepare(readFileSync(join(images, name)), name).measure('stats');
    rows.push(serializeRow(row));
  }
  return rows;
}

/** As that of a run: over all rows in the order of their keys, each with its line end. */
function digestOf(lines: readonly string[]): string {
  return createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex');
}
