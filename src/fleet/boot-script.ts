import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Role } from './tags.ts';

/** A line that stands for a file beside the script. */
const SOURCE = /^source \.\/([\w-]+\.sh)$/gm;

/**
 * The boot script of a role, as an instance gets it: one file, with what it sources from beside it written in.
 *
 * @param root the folder that has `ec2-workers/`: the repository, or the function's own
 */
export async function readBootScript(root: string, role: Role | 'image'): Promise<string> {
  const folder = join(root, 'ec2-workers');
  const script = await readFile(join(folder, `${role}_bootstrap.sh`), 'utf8');
  const names = new Set(Array.from(script.matchAll(SOURCE), ([, name = '']) => name));
  const parts = new Map<string, string>();
  for (const name of names) parts.set(name, await readFile(join(folder, name), 'utf8'));
  return script.replace(SOURCE, (_, name: string) =>
    (parts.get(name) ?? '').replace(/^#!.*\n/, '').trimEnd(),
  );
}
