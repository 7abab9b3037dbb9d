import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sourcesHash } from '../../../scripts/native/build-kernel.mjs';
import { writeKernelPackage } from '../../../scripts/native/kernel-package.mjs';
import { OLDEST_GLIBC, PLATFORMS, platformHere } from '../../../scripts/native/platforms.mjs';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fanfleet-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The start of a file that the loader would look at. */
function library(os: string, cpu: string, needs = ''): string {
  const header = Buffer.alloc(64);
  if (os === 'darwin') {
    header.writeUInt32LE(0xfeedfacf);
    header.writeUInt32LE(cpu === 'arm64' ? 0x0100000c : 0x01000007, 4);
  } else {
    header.write('\x7fELF', 'latin1');
    header.writeUInt16LE(cpu === 'arm64' ? 0xb7 : 0x3e, 18);
  }
  const path = join(folder, 'built');
  writeFileSync(path, Buffer.concat([header, Buffer.from(`\0${needs}\0`)]));
  return path;
}

/** The libraries that a kernel for it needs. */
const LIBC = { glibc: 'libc.so.6', musl: 'libc.so' } as const;

function platform(name: string) {
  const found = PLATFORMS.find((each) => each.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}
const write = (name: string, kernel: string, repository?: string) =>
  writeKernelPackage(ROOT, platform(name), kernel, folder, repository);

test('a kernel that is not for the platform is refused with the reason', async () => {
  await expect(write('linux-arm64-gnu', library('linux', 'x64'))).rejects.toThrow('it is for x64, not arm64');
  await expect(write('linux-x64-gnu', library('linux', 'x64', 'libc.so.6\0GLIBC_2.34'))).rejects.toThrow(
    `it needs glibc 2.34, and they have ${OLDEST_GLIBC}`,
  );
  await expect(write('linux-x64-musl', library('linux', 'x64', 'libc.so.6'))).rejects.toThrow(
    'it needs glibc.',
  );
  await expect(write('linux-x64-gnu', library('linux', 'x64', 'libc.so'))).rejects.toThrow(
    'it was linked with musl.',
  );
  await expect(write('darwin-arm64', library('darwin', 'x64'))).rejects.toThrow(
    'not a Mach-O file for arm64',
  );
  await expect(write('darwin-arm64', library('linux', 'arm64'))).rejects.toThrow('not a Mach-O file');
  await expect(write('linux-x64-gnu', join(folder, 'none'))).rejects.toThrow('there is no file');
});

const hasCargo = spawnSync('cargo', ['--version']).status === 0;

test.runIf(hasCargo).each(PLATFORMS)(
  'npm installs the package of $name there only',
  async ({ name, os, cpu, libc }) => {
    const made = await write(name, library(os, cpu, LIBC[libc ?? 'glibc']));
    const description = JSON.parse(readFileSync(join(made, 'package.json'), 'utf8'));
    expect(description).toMatchObject({
      name: `@fanfleet/kernel-${name}`,
      os: [os],
      cpu: [cpu],
      main: 'kernel.node',
      ...(libc && { libc: [libc] }),
    });
    expect(readFileSync(join(made, 'kernel.node'))).toEqual(readFileSync(join(folder, 'built')));
    // What set-up compares, so that it takes no kernel of other sources.
    expect(readFileSync(join(made, 'kernel.node.sources'), 'utf8')).toBe(sourcesHash(join(ROOT, 'native')));
  },
);

test.runIf(hasCargo)(
  'the package has a proof of its origin only with the repository, without which npm refuses it',
  async () => {
    const kernel = library('linux', 'x64', LIBC.glibc);
    const manifest = async (repository?: string) =>
      JSON.parse(
        readFileSync(join(await write('linux-x64-gnu', kernel, repository), 'package.json'), 'utf8'),
      );
    const proven = await manifest('https://github.com/owner/name');
    expect(proven.repository).toEqual({ type: 'git', url: 'git+https://github.com/owner/name.git' });
    expect(proven.publishConfig).toEqual({ access: 'public', provenance: true });
    const unproven = await manifest();
    expect(unproven).not.toHaveProperty('repository');
    expect(unproven.publishConfig).toEqual({ access: 'public' });
  },
);

test.runIf(hasCargo)('the package names the licences of the libraries that are in it', async () => {
  const text = readFileSync(
    join(await write('linux-x64-gnu', library('linux', 'x64', LIBC.glibc)), 'THIRD-PARTY.txt'),
    'utf8',
  );
  for (const part of [
    'libjpeg-turbo/LICENSE.md',
    'libjpeg-turbo/README.ijg',
    'libdeflate/COPYING',
    '=== napi ',
  ])
    expect(text).toContain(part);
});

test('the licences of what is in the kernels are in the repository, by the versions of its lock file', () => {
  const text = readFileSync(join(ROOT, 'native/THIRD-PARTY.txt'), 'utf8');
  const lock = readFileSync(join(ROOT, 'native/Cargo.lock'), 'utf8');
  for (const crate of ['libdeflate-sys', 'napi', 'turbojpeg-sys']) {
    const version = new RegExp(`name = "${crate}"\nversion = "(.*)"`).exec(lock)?.[1];
    expect(text).toContain(`=== ${crate} ${version}: `);
  }
  const wasm = readFileSync(join(ROOT, 'src/kernel/wasm/kernel-wasm.ts'), 'utf8');
  expect(text).toContain(`=== Rust's standard library ${/Rust ([\d.]+\d)/.exec(wasm)?.[1]}: `);
  for (const part of ['libjpeg-turbo/README.ijg', 'libdeflate/COPYING', 'musl/COPYRIGHT', '=== dlmalloc-']) {
    expect(text).toContain(part);
  }
});

test('the workflow builds every platform, for the oldest C library that they promise, and tests each', async () => {
  const { jobs } = parse(readFileSync(join(ROOT, '.github/workflows/native.yml'), 'utf8'));
  const built: { platform: string; target: string; runner: string }[] = jobs.linux.strategy.matrix.include;
  expect([...built.map(({ platform }) => platform), 'darwin-arm64'].sort()).toEqual(
    PLATFORMS.map(({ name }) => name).sort(),
  );
  for (const { platform: name, target, runner } of built) {
    const { triple, libc, cpu } = platform(name);
    expect(target).toBe(libc === 'glibc' ? `${triple}.${OLDEST_GLIBC}` : triple);
    // On a machine of its own processor: only there it can be tested.
    expect(runner.endsWith('-arm')).toBe(cpu === 'arm64');
  }
});

test('this machine has a platform by its processor and its C library', () => {
  const isGlibc = spawnSync('getconf', ['GNU_LIBC_VERSION']).status === 0;
  const libc = process.platform === 'linux' ? (isGlibc ? 'glibc' : 'musl') : undefined;
  const expected = PLATFORMS.find(
    (one) => one.os === process.platform && one.cpu === process.arch && one.libc === libc,
  );
  expect(platformHere()).toBe(expected);
});
