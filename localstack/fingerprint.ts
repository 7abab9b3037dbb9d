import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addonPath } from '../src/kernel/native-addon.ts';

const SOURCES = ['functions', 'src', 'statemachine', 'resources', 'ec2-workers', 'scripts/packaging'];
const SOURCE_FILES = [
  'serverless.yml',
  'package-lock.json',
  'pyproject.toml',
  'uv.lock',
  'native/THIRD-PARTY.txt',
];
/** What packaging itself builds, from the sources. */
const BUILT = 'ec2-workers/grpc';

/** A hash of all that a deployment of the stack is made from, the native kernel included where it was built. */
export async function fingerprintOf(root: string): Promise<string> {
  const lists = await Promise.all(
    SOURCES.map(async (folder) => {
      const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.pyc'))
        .filter((entry) => entry.parentPath !== join(root, BUILT))
        .map((entry) => join(entry.parentPath, entry.name));
    }),
  );
  const hash = createHash('sha256').update(process.version);
  for (const file of [...lists.flat(), ...SOURCE_FILES.map((name) => join(root, name))].sort()) {
    hash.update(file).update(await readFile(file));
  }
  hash.update(await readFile(addonPath(root)).catch(() => ''));
  return hash.digest('hex');
}
