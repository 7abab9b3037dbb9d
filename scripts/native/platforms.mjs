// The machines that the native kernel is published for, each as an npm package of its own, as napi projects do it: npm installs
// the one that fits, by its `os`, `cpu` and `libc`.

/**
 * @typedef {object} Platform
 * @property {string} name
 * @property {string} triple Rust's name of it
 * @property {'linux' | 'darwin'} os
 * @property {'x64' | 'arm64'} cpu
 * @property {'glibc' | 'musl'} [libc]
 */

/** The oldest C library that a package with `libc: glibc` runs with: that of Node 24 itself. */
export const OLDEST_GLIBC = '2.28';

/** @type {readonly Platform[]} */
export const PLATFORMS = [
  { name: 'linux-x64-gnu', triple: 'x86_64-unknown-linux-gnu', os: 'linux', cpu: 'x64', libc: 'glibc' },
  { name: 'linux-arm64-gnu', triple: 'aarch64-unknown-linux-gnu', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { name: 'linux-x64-musl', triple: 'x86_64-unknown-linux-musl', os: 'linux', cpu: 'x64', libc: 'musl' },
  { name: 'linux-arm64-musl', triple: 'aarch64-unknown-linux-musl', os: 'linux', cpu: 'arm64', libc: 'musl' },
  { name: 'darwin-arm64', triple: 'aarch64-apple-darwin', os: 'darwin', cpu: 'arm64' },
];

/** @param {Platform} platform */
export function packageName({ name }) {
  return `@fanfleet/kernel-${name}`;
}

/** Of the machine that this runs on; none if nothing is published for it. */
export function platformHere() {
  const libc = process.platform === 'linux' ? libcHere() : undefined;
  return PLATFORMS.find(
    (each) => each.os === process.platform && each.cpu === process.arch && each.libc === libc,
  );
}

function libcHere() {
  const report = process.report.getReport();
  // A string before Node 22.
  const header = typeof report === 'object' && 'header' in report ? report.header : undefined;
  const isGlibc = typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header;
  return isGlibc ? 'glibc' : 'musl';
}
