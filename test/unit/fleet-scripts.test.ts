import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readBootScript } from '../../src/fleet/boot-script.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WORKERS = join(ROOT, 'ec2-workers');
const ROLES = ['head', 'worker', 'image'] as const;
const SCRIPTS = ['head_bootstrap.sh', 'worker_bootstrap.sh', 'image_bootstrap.sh', 'lib.sh'];

/** EC2 takes 16,384 bytes of user data; the header of `export` lines needs its room. */
const MOST_BYTES = 12_000;

describe('the boot scripts', () => {
  it('pass shellcheck', async () => {
    const checked = await run(join(ROOT, '.venv/bin/shellcheck'), ['-x', ...SCRIPTS], { cwd: WORKERS });
    expect(checked.stdout).toBe('');
  });

  it.each([
    [undefined, 'daft', '', true],
    [undefined, 'daft', 'true', true],
    ['daft dask', 'dask', '', true],
    ['daft dask', 'dask', 'true', false],
    ['daft models dask', 'dask', 'true', true],
    ['daft dask', 'spark', '', false],
    ['spark models', 'daft', 'true', false],
    ['daftly', 'daft', '', false],
  ])(
    'take an image that has %s for the engine %s with models "%s": %s',
    async (engines, engine, models, fits) => {
      // Prepare
      const folder = await mkdtemp(join(tmpdir(), 'fanfleet-image-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      await mkdir(join(folder, 'bundle'));
      await writeFile(join(folder, 'bundle/uv.lock'), 'lock\n');
      await writeFile(join(folder, '.fanfleet-lock'), createHash('sha256').update('lock\n').digest('hex'));
      if (engines !== undefined) await writeFile(join(folder, '.fanfleet-engines'), engines);
      const functions = (await readFile(join(WORKERS, 'lib.sh'), 'utf8')).replace(/^if \(\([\s\S]*/m, '');

      // Act
      const { stdout } = await run('bash', ['-c', `${functions}\nimage_fits && echo fits || echo does not`], {
        cwd: folder,
        env: {
          ...process.env,
          INSTALL_DIR: folder,
          FANFLEET_IMAGE_VENV: folder,
          FANFLEET_ENGINE: engine,
          FANFLEET_MODELS: models,
        },
      });

      // Assess
      expect(stdout).toBe(fits ? 'fits\n' : 'does not\n');
    },
  );

  it.each(SCRIPTS)('%s parses', async (name) => {
    await expect(run('bash', ['-n', name], { cwd: WORKERS })).resolves.toEqual({ stdout: '', stderr: '' });
  });

  it.each(ROLES)('of the %s leaves room for the header in the user data', async (role) => {
    const script = await readBootScript(ROOT, role);
    expect(Buffer.byteLength(script)).toBeLessThan(MOST_BYTES);
  });

  it.each(ROLES)('of the %s is one file that needs nothing beside it', async (role) => {
    const script = await readBootScript(ROOT, role);
    expect(script).toContain('aws_call() {');
    expect(script).not.toMatch(/^source \.\//m);
    expect(script.match(/^#!/gm)).toHaveLength(1);
  });

  it.each(ROLES)('of the %s ends the host even if its header is missing', async (role) => {
    // Prepare: a shell function stands in for the command, and tells what it was given.
    const script = `shutdown() { echo "shutdown $*"; }\n${await readBootScript(ROOT, role)}`;

    // Act
    const ended = run('/bin/bash', ['-c', script], { env: { PATH: '/nonexistent' } });

    // Assess
    await expect(ended).rejects.toMatchObject({ stdout: 'shutdown -h now\n' });
  });
});
