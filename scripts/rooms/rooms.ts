import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';

/** One import of a file; paths are from the repository, with `/`. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** `import … from`, `export … from`, `import '…'` and `import('…')` of a path, types included, as Biome formats them. */
const IMPORTS = /\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g;

/** Data that programs in several languages read. */
const SHARED_DATA = /^ec2-workers\/[^/]+\.json$/;

/** The imports of a module by path; packages are not looked at. */
export function importsOf(from: string, text: string): Import[] {
  return Array.from(text.matchAll(IMPORTS), ([, path = '']) => ({
    from,
    to: normalize(join(dirname(from), path)),
  }));
}

/**
 * All imports of the modules in a folder. TypeScript 7 has no interface for programs, and stripping types drops imports of types, which count
 * too: so this searches the text.
 *
 * @param root the repository @param folder of it
 */
export async function readImports(root: string, folder = 'src'): Promise<Import[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /\.m?[jt]s$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
  const lists = await Promise.all(
    files.map(async (file) => importsOf(file, await readFile(join(root, file), 'utf8'))),
  );
  return lists.flat();
}

/** The rooms in their order, the lowest first: the rows of the table that docs/architecture.md has of them. */
export function roomsIn(architecture: string): string[] {
  const section = architecture.split('\n### The rooms of `src/`\n')[1]?.split('\n#')[0] ?? '';
  return Array.from(section.matchAll(/^\| `([a-z-]+)\/` \|/gm), ([, room = '']) => room);
}

/**
 * Which imports lead upwards, or out of `src/`. Where none does, no two rooms know each other, however far around.
 *
 * @param rooms the lowest first; a room that is not among them is a problem, too
 */
export function problemsOf(imports: readonly Import[], rooms: readonly string[]): string[] {
  // Files of no room lie below all of them.
  const heightOf = (file: string) => {
    const [, room, ...rest] = file.split('/');
    return rest.length === 0 ? -1 : rooms.indexOf(room ?? '');
  };
  const problems = imports.flatMap(({ from, to }) => {
    if (SHARED_DATA.test(to)) return [];
    if (!to.startsWith('src/')) return [`${from} imports ${to}: src/ knows nothing beside it`];
    const unknown = [from, to].filter((file) => file.split('/').length > 2 && heightOf(file) < 0);
    if (unknown.length > 0)
      return unknown.map((file) => `${dirname(file)} is no room of docs/architecture.md`);
    return heightOf(to) > heightOf(from)
      ? [`${from} imports ${to}, whose room comes later in docs/architecture.md`]
      : [];
  });
  return [...new Set(problems)];
}
