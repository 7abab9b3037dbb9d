import { join } from 'node:path';
import { freePorts } from '../../support/free-ports.ts';
import { cli, cliJson } from './cli.ts';

/** The sample sets that are uploaded, each under the prefix of its name. */
export type Sample = 'photos' | 'digits';

/**
 * Deploy a real stack on free ports, with sample images in its data bucket.
 *
 * @param home where all of it is kept
 * @returns what ends the stack; the folder stays
 */
export async function deployStack(home: string, samples: readonly Sample[]): Promise<() => Promise<void>> {
  const [port, ec2Port] = await freePorts(2);
  const end = async () => void (await cli(home, ['down']));
  try {
    await cliJson(home, ['up', '--port', String(port), '--ec2-port', String(ec2Port)]);
    await cliJson(home, ['deploy']);
    await cliJson(home, ['dataset', 'sample']);
    for (const sample of samples) {
      const folder = join(home, 'dataset', sample);
      await cliJson(home, ['dataset', 'upload', folder, '--prefix', `${sample}/`]);
    }
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}
