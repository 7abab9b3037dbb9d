import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import { cli } from '../../../scripts/own-stack/cli.ts';
import { connectStack } from '../../../scripts/own-stack/stack.ts';
import type { Engine } from '../../../src/contract/engines.ts';
import { keptFleetIds } from '../../../src/fleet/kept/files.ts';

/**
 * One whose workers have the code of the serverless arm, and one with that in Python, which `daft`, `ray` and `spark` have too. While they
 * wait, hosts of these take as much of the processors as many a test: whoever wants one stops it.
 */
export const SHARED_ENGINES = ['grpc', 'dask'] as const satisfies readonly Engine[];
export type SharedEngine = (typeof SHARED_ENGINES)[number];

const PREFIX = 'shared-';
/** Longer than all tests take: it ends with the stack. */
const LIFE = ['--idle', '6h', '--deadline', '6h'];
const POLL_MS = 200;

/**
 * A kept fleet of two workers that all files share, for what is not about booting one. Whoever wants it first boots it, and
 * it ends with the stack.
 *
 * @returns its name, for the field `fleet` of a run
 */
export async function sharedFleet(engine: SharedEngine): Promise<string> {
  const { home, runs } = await connectStack(inject('home'));
  const name = `${PREFIX}${engine}`;
  const start = ['--json', 'fleet', 'start', name, '--engine', engine, ...LIFE];
  const { code, stdout } = await cli(home, start);
  if (code === 0) return name;
  if (JSON.parse(stdout).error?.code !== 'FLEET_EXISTS')
    throw new Error(`Expected a fleet of ${engine} that is kept but received ${stdout}`);
  // Another file is starting it: it takes jobs from its launch on.
  while ((await keptFleetIds(runs, name)).length === 0) await sleep(POLL_MS);
  return name;
}
