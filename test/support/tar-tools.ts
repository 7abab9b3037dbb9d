import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect } from 'vitest';
import { walked } from './tars.ts';

const run = promisify(execFile);
export const PYTHON = join(import.meta.dirname, '../../.venv/bin/python');
/** Two blocks of zeros end a tar. */
export const END = Buffer.alloc(1024);

/** A folder with files for each test, and what tar and Python's tarfile make and read there. */
export function tarTools() {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fanfleet-tar-'));
    for (const name of ['a', 'b', 'c']) await writeFile(join(dir, `${name}.png`), `bytes of ${name}`);
  });
  afterEach(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  /** Run a script of the shell in the folder, which is to write x.tar. */
  async function made(script: string): Promise<Buffer> {
    await run('bash', ['-euc', script], { cwd: dir });
    return readFile(join(dir, 'x.tar'));
  }

  /** Names and text of the files that can be read. */
  async function filesOf(tar: Buffer): Promise<string[][]> {
    const { members, error } = await walked(tar);
    expect(error).toBeNull();
    return members.map(({ name, offset, size, refused }) => [
      name,
      refused ?? tar.toString('latin1', offset, offset + size),
    ]);
  }

  /** The same as Python's tarfile has it, which follows hard links itself. */
  async function filesByPython(tar: Buffer): Promise<string[][]> {
    await writeFile(join(dir, 'python.tar'), tar);
    const script = `import json, tarfile
with tarfile.open("python.tar", ignore_zeros=True) as tar:
    print(json.dumps([[m.name, tar.extractfile(m).read().decode("latin1")] for m in tar if m.isreg() or m.islnk()]))`;
    return JSON.parse((await run(PYTHON, ['-c', script], { cwd: dir })).stdout);
  }

  return { made, filesOf, filesByPython, folder: () => dir };
}
