import { readFile } from 'node:fs/promises';

/** `e_machine` of an ELF file (System V ABI, "ELF Header"), by the name that Node gives the processor. */
const MACHINES = new Map([
  [0x3e, 'x64'],
  [0xb7, 'arm64'],
]);

/**
 * Why an addon cannot be loaded by a function, in words that end a sentence.
 *
 * @param {string} path
 * @param {string} cpu the function's processor: `arm64` or `x64`
 * @param {string} glibc the newest version of the C library that the function has, e.g. `2.34`; empty: any
 * @returns {Promise<string | undefined>} `missing` if there is no file, nothing if it fits
 */
export async function unfit(path, cpu, glibc) {
  let file;
  try {
    file = await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'missing';
    throw error;
  }
  if (file.length < 20 || file.readUInt32BE(0) !== 0x7f454c46) return 'it is not an ELF file.';
  const machine = file.readUInt16LE(18);
  if (MACHINES.get(machine) !== cpu) {
    return `it is for ${MACHINES.get(machine) ?? `ELF machine ${machine}`}, not ${cpu}: npm run build:native -- linux-${cpu}`;
  }
  const needed = newestGlibc(file);
  if (glibc !== '' && needed > minor(glibc)) {
    return `it needs glibc 2.${needed}, and they have ${glibc}: build it on Debian 12, Ubuntu 22.04 or Amazon Linux 2023.`;
  }
  return undefined;
}

/** @param {Buffer} file every symbol version that it needs is a string in it */
function newestGlibc(file) {
  return Math.max(
    0,
    ...[...file.toString('latin1').matchAll(/\0GLIBC_2\.(\d+)/g)].map(([, at]) => Number(at)),
  );
}

/** @param {string} version */
function minor(version) {
  return Number(version.split('.')[1]);
}
