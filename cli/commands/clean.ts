import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FanfleetError } from '../../src/errors.ts';
import type { Context } from '../context.ts';
import { offlineState } from '../offline.ts';

/** What lies in the project's own folder: sample sets, fetched reports, sweeps, models, logs, packages of the stack. */
const FOLDERS = ['dataset', 'runs', 'sweeps', 'models', 'logs', 'daemons', 'sls', 'packages'];

/** Remove what fanfleet has made on this machine. The offline AWS must be down: its buckets go with `down`. */
export async function cleanCommand(context: Context) {
  const { home } = context;
  if ((await offlineState(context)) !== undefined) {
    throw new FanfleetError(
      'STILL_UP',
      'Expected the offline AWS to be down but it is up; run `fanfleet down` first.',
      {
        source: 'user',
      },
    );
  }
  const removed = FOLDERS.map((folder) => join(home, folder));
  for (const folder of removed) await rm(folder, { recursive: true, force: true });
  return { json: { removed }, text: `Removed the sample sets, models, reports, sweeps and logs in ${home}.` };
}
