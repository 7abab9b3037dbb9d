import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DEFAULT_ENGINE, type Engine } from '../src/contract/engines.ts';
import { FanfleetError } from '../src/errors.ts';
import type { Context } from './context.ts';
import { LOCAL } from './stage.ts';

/**
 * Have what hosts of the offline AWS need for an engine: `npm start` leaves out what it does not use itself. Elsewhere hosts
 * install their own.
 *
 * @param engine the default one where it is not given
 * @throws FanfleetError `NOT_INSTALLED`
 */
export async function installEngine(
  { root, stage, io, signal }: Pick<Context, 'root' | 'stage' | 'io' | 'signal'>,
  engine: Engine = DEFAULT_ENGINE,
): Promise<void> {
  if (stage !== LOCAL) return;
  // As scripts/setup/python-packages.mjs left it: there is none where all are installed.
  const installed = await readFile(join(root, '.venv/.fanfleet-engines'), 'utf8').catch(() => engine);
  if (installed.split(' ').includes(engine)) return;
  const child = spawn(process.execPath, [join(root, 'scripts/install-engine.mjs'), engine], {
    signal,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = createInterface(child.stderr).on('line', io.note);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    child.on('close', resolve);
  });
  said.close();
  if (status === 0) return;
  throw new FanfleetError(
    'NOT_INSTALLED',
    `Expected the packages of ${engine} but they could not be installed; what was said above tells why.`,
    { source: 'user' },
  );
}
