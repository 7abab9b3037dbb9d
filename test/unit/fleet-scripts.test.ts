import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WORKERS = join(ROOT, 'ec2-workers');
const BOOT_SCRIPTS = ['head_bootstrap.sh', 'worker_bootstrap.sh'];
const SCRIPTS = [...BOOT_SCRIPTS, 'lib.sh'];

/** EC2 takes 16,384 bytes of user data; the header of `export` lines needs its room. */
const MOST_BYTES = 12_000;

describe('the boot scripts', () => {
  it('pass shellcheck', async () => {
    const checked = await run(join(ROOT, '.venv/bin/shellcheck'), ['-x', ...SCRIPTS], { cwd: WORKERS });
    expect(checked.stdout).toBe('');
  });

  it.each(SCRIPTS)('%s parses', async (name) => {
    await expect(run('bash', ['-n', name], { cwd: WORKERS })).resolves.toEqual({ stdout: '', stderr: '' });
  });

  it.each(BOOT_SCRIPTS)('%s leaves room for the header in the user data', async (name) => {
    const script = await readFile(join(WORKERS, name));
    expect(script.length).toBeLessThan(MOST_BYTES);
  });

  it('carry the same common part', async () => {
    const [head, worker] = await Promise.all(BOOT_SCRIPTS.map(commonPart));
    expect(head).toContain('aws_call() {');
    expect(worker).toBe(head);
  });

  it.each(BOOT_SCRIPTS)('%s ends the host even if its header is missing', async (name) => {
    // Prepare: a shell function stands in for the command, and tells what it was given.
    const script = `shutdown() { echo "shutdown $*"; }; source ${join(WORKERS, name)}`;

    // Act
    const ended = run('/bin/bash', ['-c', script], { env: { PATH: '/nonexistent' } });

    // Assess
    await expect(ended).rejects.toMatchObject({ stdout: 'shutdown -h now\n' });
  });
});

async function commonPart(name: string): Promise<string> {
  const script = await readFile(join(WORKERS, name), 'utf8');
  const [, part] = /# --- common part([\s\S]+)# --- end of the common part/.exec(script) ?? [];
  if (part === undefined) throw new Error(`${name} has no common part`);
  return part;
}
