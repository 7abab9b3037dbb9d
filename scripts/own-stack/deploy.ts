import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../localstack/free-ports.ts';
import { alone } from './alone.ts';
import { cli, cliJson } from './cli.ts';

/** The sample sets that are uploaded, each under the prefix of its name. */
export type Sample = 'photos' | 'digits';

/**
 * Deploy a real stack on free ports, with sample images in its data bucket.
 *
 * @param home where all of it is kept
 * @param env settings of the local AWS
 * @returns what ends the stack; the folder stays
 */
export async function deployStack(
  home: string,
  samples: readonly Sample[],
  env: Readonly<Record<string, string>> = {},
): Promise<() => Promise<void>> {
  const [port, ec2Port] = await freePorts(2);
  const end = async () => void (await cli(home, ['down']));
  try {
    await cliJson(home, ['up', '--port', String(port), '--ec2-port', String(ec2Port)], env);
    await alone('packing', () => cliJson(home, ['deploy']));
    for (const sample of samples) {
      await alone('samples', () => cliJson(home, ['dataset', 'sample', '--kind', sample]));
      const folder = join(home, 'dataset', sample);
      await cliJson(home, ['dataset', 'upload', folder, '--prefix', `${sample}/`]);
    }
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

/**
 * Work on a stack of its own, which ends with it. Interrupted by a signal, it ends the stack and the program.
 *
 * @param name of the folder, in that for temporary files
 */
export async function onOwnStack<T>(
  name: string,
  samples: readonly Sample[],
  work: (home: string) => Promise<T>,
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), `fanfleet-${name}-`));
  const listening = new AbortController();
  const tidy = async () => {
    await cli(home, ['down']);
    await rm(home, { recursive: true, force: true });
  };
  let stopped: Promise<void> | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    void once(process, signal, listening).then(
      () => {
        stopped ??= tidy().finally(() => process.exit(128 + constants.signals[signal]));
      },
      () => {},
    );
  }
  try {
    await deployStack(home, samples, env);
    return await work(home);
  } finally {
    // Work that a signal broke off fails without its stack, which is no news: the process ends here then.
    await (stopped ?? tidy());
    listening.abort();
  }
}
