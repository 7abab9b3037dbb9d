// The licences of all that is linked into the native kernel: who gives it on must give them on, too.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Also in the folder where a crate keeps the C library that it compiles. */
const FILES = /^(licen[cs]e|copying|readme\.ijg)/i;

/** Crates of Rust's standard library that only build or test it, or are for systems for which there is no kernel. */
const ELSEWHERE =
  /^(cc|fortanix|getopts|hermit|moto|r-efi|rand|shlex|unwinding|vex|windows)\b|^(rand|windows)_/;

/** @typedef {{title: string, texts: {name: string, text: string}[]}} Part what is linked, and its texts */

/**
 * Of the crates, and of the C libraries in them.
 *
 * @param {string} crate the folder `native` @param {string} triple the platform it is built for
 * @returns {string} each with the name and version of its crate above it, and each text once
 * @throws {Error} if a crate names no licence
 */
export function licences(crate, triple) {
  return printed(crateParts(crate, triple));
}

/**
 * Of all that is in the native kernel and in the same as WebAssembly, which has a C library and Rust's own one in it.
 *
 * @param {string} crate @param {string} triple @param {string} wasi the folder of wasi-libc
 */
export function allLicences(crate, triple, wasi) {
  return printed([...crateParts(crate, triple), wasiPart(wasi), ...rustParts()]);
}

/** @param {Part[]} parts */
function printed(parts) {
  /** @type {Map<string, string>} */
  const first = new Map();
  return parts
    .map(({ title, texts }) => {
      const printedTexts = texts.map(({ name, text }) => {
        const same = first.get(text);
        if (same !== undefined) return `--- ${name}: ${same}\n`;
        first.set(text, `as ${name} of ${title.split(':')[0]}`);
        return `--- ${name}\n\n${text}\n`;
      });
      return [`=== ${title}\n`, ...printedTexts].join('\n');
    })
    .join('\n');
}

/** @param {string} folder */
function wasiPart(folder) {
  const files = [
    'LICENSE',
    'LICENSE-MIT',
    'libc-bottom-half/cloudlibc/LICENSE',
    'libc-top-half/musl/COPYRIGHT',
  ];
  const texts = files.map((name) => ({ name, text: read(join(folder, name)) }));
  return { title: 'wasi-libc: Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT', texts };
}

/** Rust's standard library, and the crates in it, as the page tells that comes with every Rust. */
function rustParts() {
  const rustc = (/** @type {string} */ ask) => execFileSync('rustc', [ask], { encoding: 'utf8' }).trim();
  const folder = join(rustc('--print=sysroot'), 'share', 'doc', 'rust');
  const version = rustc('--version').split(' ')[1];
  const own = ['MIT', 'Unicode-3.0'].map((name) => ({
    name,
    text: read(join(folder, 'licenses', `${name}.txt`)),
  }));
  const [, ...pages] = read(join(folder, 'COPYRIGHT-library.html')).split('<h3>📦 ');
  return [
    {
      title: `Rust's standard library ${version}: MIT OR Apache-2.0, its tables of characters Unicode-3.0`,
      texts: own,
    },
    ...pages.flatMap((page) => {
      const name = page.slice(0, page.indexOf('<'));
      if (ELSEWHERE.test(name)) return [];
      const licence = /<b>License:<\/b> ([^<]*)</.exec(page)?.[1] ?? '';
      const notices = page.matchAll(/<code>([^<]*)<\/code><\/summary>\s*<pre>([^<]*)</g);
      const texts = [...notices].map(([, file = '', text = '']) => ({ name: file, text: plain(text) }));
      return { title: `${name} in Rust's standard library: ${licence}`, texts };
    }),
  ];
}

/** @param {string} text of a page */
function plain(text) {
  return text
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .trim();
}

/** @param {string} path */
function read(path) {
  return readFileSync(path, 'utf8').trim();
}

/** @param {string} crate @param {string} triple @returns {Part[]} */
function crateParts(crate, triple) {
  const text = execFileSync(
    'cargo',
    ['metadata', '--locked', '--format-version', '1', '--filter-platform', triple],
    { cwd: crate, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 },
  );
  /** @type {Metadata} */
  const { packages, resolve } = JSON.parse(text);
  const linked = reachable(resolve);
  return packages
    .filter(({ id }) => linked.has(id) && id !== resolve.root)
    .map(({ name, version, license, manifest_path }) => {
      if (license === null)
        throw new Error(`Expected the licence of ${name} in its Cargo.toml but there is none.`);
      const folder = dirname(manifest_path);
      const texts = licenceFiles(folder).map((path) => ({ name: relative(folder, path), text: read(path) }));
      return { title: `${name} ${version}: ${license}`, texts };
    });
}

/**
 * @typedef {object} Metadata what `cargo metadata` prints, as far as it is read here
 * @property {{id: string, name: string, version: string, license: string | null, manifest_path: string}[]} packages
 * @property {{root: string, nodes: {id: string, deps: {pkg: string, dep_kinds: {kind: string | null}[]}[]}[]}} resolve
 */

/** What the library itself needs, without what only builds it. @param {Metadata['resolve']} resolve */
function reachable({ root, nodes }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found = new Set([root]);
  for (const id of found) {
    for (const { pkg, dep_kinds: kinds } of byId.get(id)?.deps ?? []) {
      if (kinds.some(({ kind }) => kind === null)) found.add(pkg);
    }
  }
  return found;
}

/** @param {string} folder of a crate */
function licenceFiles(folder) {
  const inside = readdirSync(folder, { withFileTypes: true });
  const nested = inside
    .filter((entry) => entry.isDirectory() && entry.name !== 'src')
    .map(({ name }) => name);
  return ['', ...nested].flatMap((below) =>
    readdirSync(join(folder, below), { withFileTypes: true })
      .filter((entry) => entry.isFile() && FILES.test(entry.name))
      .map(({ name }) => join(folder, below, name)),
  );
}
