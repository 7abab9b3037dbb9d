import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PythonKernel } from './python-kernels.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Python with the packages of the project. */
const PYTHON = join(ROOT, '.venv/bin/python');

/**
 * Run a script of test/fixtures and give the lines that it prints.
 *
 * @param kernel of a script that measures with one. @default portable
 */
export function fixtureLines(
  [script = '', ...args]: readonly string[],
  {
    input = '',
    interpreter = PYTHON,
    kernel = 'portable',
  }: { readonly input?: string; readonly interpreter?: string; readonly kernel?: PythonKernel } = {},
): string[] {
  const command = ['-B', join(ROOT, 'test/fixtures', script), ...args];
  const { status, stdout, stderr } = spawnSync(interpreter, command, {
    input,
    env: { ...process.env, FANFLEET_TEST_KERNEL: kernel },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
  return stdout.split('\n').slice(0, -1);
}
