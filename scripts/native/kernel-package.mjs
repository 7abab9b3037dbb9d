// Makes an npm package of a native kernel that was built.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unfit } from '../packaging/addon.mjs';
import { sourcesHash } from './build-kernel.mjs';
import { licences } from './licences.mjs';
import { OLDEST_GLIBC, packageName } from './platforms.mjs';

/** @typedef {import('./platforms.mjs').Platform} Platform */

/**
 * Write the package into `<out>/<platform>`: the kernel, what it was made from (set-up takes no other one than that of its
 * sources), and the licences of the libraries in it.
 *
 * @param {string} root of the clone @param {Platform} platform @param {string} kernel the built file
 * @param {string} out
 * @param {string} [repository] its address at GitHub, if a workflow there makes the package: npm proves that it did, and
 * takes a proof only for the repository that the package names
 * @returns {Promise<string>} its folder
 * @throws {Error} if the kernel is not for that platform
 */
export async function writeKernelPackage(root, platform, kernel, out, repository) {
  const reason = await misfit(kernel, platform);
  if (reason !== undefined)
    throw new Error(`Expected a kernel for ${platform.name} at ${kernel} but ${reason}`);
  const crate = join(root, 'native');
  const folder = join(out, platform.name);
  await mkdir(folder, { recursive: true });
  await copyFile(kernel, join(folder, 'kernel.node'));
  await copyFile(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  await writeFile(join(folder, 'kernel.node.sources'), sourcesHash(crate));
  await writeFile(join(folder, 'THIRD-PARTY.txt'), licences(crate, platform.triple));
  await writeFile(join(folder, 'README.md'), readme(platform));
  const description = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  await writeFile(
    join(folder, 'package.json'),
    `${JSON.stringify(manifest(platform, description, repository), undefined, 2)}\n`,
  );
  return folder;
}

/** @param {Platform} platform @param {{version: string, license: string}} project @param {string} [repository] */
function manifest(platform, { version, license }, repository) {
  return {
    name: packageName(platform),
    version,
    description: `The native kernel of fanfleet for ${platform.name}`,
    license,
    os: [platform.os],
    cpu: [platform.cpu],
    ...(platform.libc && { libc: [platform.libc] }),
    main: 'kernel.node',
    files: ['kernel.node', 'kernel.node.sources', 'THIRD-PARTY.txt'],
    ...(repository && { repository: { type: 'git', url: `git+${repository}.git` } }),
    publishConfig: { access: 'public', ...(repository && { provenance: true }) },
  };
}

/** @param {Platform} platform */
function readme({ name }) {
  return `# The native kernel of fanfleet for ${name}\n\nfanfleet's set-up takes it from here instead of building it. It is of no use alone.\n`;
}

/** @param {string} kernel @param {Platform} platform */
async function misfit(kernel, { os, cpu, libc }) {
  if (os === 'darwin') {
    // `mach_header_64`: a magic number, then the type of processor, little-endian; 0x0100000c is arm64.
    const file = await readFile(kernel);
    const isArm =
      file.length >= 8 && file.readUInt32LE(0) === 0xfeedfacf && file.readUInt32LE(4) === 0x0100000c;
    return isArm ? undefined : 'it is not a Mach-O file for arm64.';
  }
  const reason = await unfit(kernel, cpu, libc === 'glibc' ? OLDEST_GLIBC : '');
  if (reason !== undefined) return reason === 'missing' ? 'there is no file.' : reason;
  // The libraries that an ELF file needs are strings in it.
  const needsGlibc = (await readFile(kernel)).includes('\0libc.so.6\0');
  if (needsGlibc === (libc === 'glibc')) return undefined;
  return needsGlibc ? 'it needs glibc.' : 'it was linked with musl.';
}
