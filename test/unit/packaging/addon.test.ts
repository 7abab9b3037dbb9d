import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { unfit } from '../../../scripts/packaging/addon.mjs';

const folder = mkdtempSync(join(tmpdir(), 'fanfleet-elf-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The start of an ELF file for a machine, and the names of the symbol versions that it needs. */
function elf(machine: number, ...versions: string[]): string {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(machine, 18);
  const path = join(folder, 'kernel.node');
  writeFileSync(path, Buffer.concat([header, Buffer.from(['', ...versions, ''].join('\0'))]));
  return path;
}
const X64 = 0x3e;
const ARM64 = 0xb7;

test('an addon for the processor of the functions fits', async () => {
  expect(await unfit(elf(X64), 'x64', '')).toBeUndefined();
  expect(await unfit(elf(ARM64), 'arm64', '2.34')).toBeUndefined();
});

test('one for another processor does not, and the message says how to build the right one', async () => {
  expect(await unfit(elf(X64), 'arm64', '')).toBe(
    'it is for x64, not arm64: npm run build:native -- linux-arm64',
  );
  expect(await unfit(elf(40), 'x64', '')).toMatch(/ELF machine 40/);
});

test('the newest C library that it needs is compared as a number', async () => {
  const path = elf(X64, 'GLIBC_2.2.5', 'GLIBC_2.34', 'GLIBC_2.9');
  expect(await unfit(path, 'x64', '2.34')).toBeUndefined();
  expect(await unfit(path, 'x64', '2.33')).toMatch(/needs glibc 2\.34, and they have 2\.33/);
  expect(await unfit(path, 'x64', '')).toBeUndefined();
});

test('no file is one thing, a file that is no library another', async () => {
  expect(await unfit(join(folder, 'nothing.node'), 'x64', '')).toBe('missing');
  writeFileSync(join(folder, 'text.node'), 'a text that is long enough');
  expect(await unfit(join(folder, 'text.node'), 'x64', '')).toMatch(/not an ELF file/);
});
