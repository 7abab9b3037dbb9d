import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { withoutAws } from '../../cli/shell.ts';

export const ROOT = join(import.meta.dirname, '../..');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Start the real command line as a process. */
export function startCli(
  home: string,
  args: readonly string[],
  env: Record<string, string> = {},
): ChildProcess {
  return spawn(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], {
    env: { ...withoutAws(), ...env, FANFLEET_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export async function finish(child: ChildProcess): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

export function cli(home: string, args: readonly string[], env?: Record<string, string>): Promise<CliResult> {
  return finish(startCli(home, args, env));
}

/** Run it and expect it to succeed; its JSON. */
export async function cliJson<T>(
  home: string,
  args: readonly string[],
  env?: Record<string, string>,
): Promise<T> {
  const { code, stdout, stderr } = await cli(home, ['--json', ...args], env);
  if (code !== 0) throw new Error(`fanfleet ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
  return JSON.parse(stdout) as T;
}
