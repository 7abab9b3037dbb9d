import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const MODULES = ['modules', 'shards', 'batch', 'clusters', 'clocks', 'oom', 'retries', 'kernels'].map(
  (name) => `fleet_${name}`,
);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('the Python modules of the fleet pass their own tests', async () => {
  const { stderr } = await run(join(ROOT, '.venv/bin/python'), ['-m', 'unittest', ...MODULES], {
    cwd: join(ROOT, 'test/fixtures'),
    env: { PYTHONPATH: join(ROOT, 'ec2-workers') },
  });
  expect(stderr).toMatch(/^Ran [1-9]\d* tests/m);
}, 60_000);
