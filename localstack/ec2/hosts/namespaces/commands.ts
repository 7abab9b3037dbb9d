import { execFile } from 'node:child_process';
import { FanfleetError } from '../../shared.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Run one of the machine's own programs, such as `ip`.
 *
 * @param input what it reads
 * @returns what it wrote to stdout
 * @throws FanfleetError `HOST_COMMAND_FAILED` with what it said
 */
export function run(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { PATH, LC_ALL: 'C' }, maxBuffer: 16 * 1024 * 1024 };
    const child = execFile(command, [...args], options, (cause, stdout, stderr) => {
      if (cause === null) return resolve(stdout);
      const said = stderr.trim() === '' ? cause.message : stderr.trim();
      const message = `Expected \`${[command, ...args].join(' ')}\` to succeed but it said: ${said}`;
      reject(new FanfleetError('HOST_COMMAND_FAILED', message, { cause, source: 'internal' }));
    });
    // A program that ends before it has read all says why with its exit status.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** Where `ip netns` keeps a network namespace. */
export function namespacePath(namespace: string): string {
  return `/run/netns/${namespace}`;
}

/** Run several commands of `ip` inside a network namespace, in one go. */
export async function ipBatch(namespace: string, lines: readonly string[]): Promise<void> {
  await run('ip', ['-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`);
}

/** Run a program inside a network namespace; unlike `ip netns exec` this leaves /sys as it is. */
export function runInNamespace(
  namespace: string,
  command: string,
  args: readonly string[],
  input = '',
): Promise<string> {
  return run('nsenter', [`--net=${namespacePath(namespace)}`, command, ...args], input);
}

/** The network namespaces whose names begin so. */
export async function listNamespaces(prefix: string): Promise<string[]> {
  const lines = (await run('ip', ['netns', 'list'])).split('\n');
  return lines.map((line) => line.split(' ')[0] ?? '').filter((name) => name.startsWith(prefix));
}
