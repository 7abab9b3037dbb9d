import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemProcessTable } from '../hosts/process-table.ts';
import { FanfleetError } from '../shared.ts';

/**
 * Take the folder of an endpoint's state for this process. The lock of a process that has ended is taken over.
 *
 * @returns gives it back, and removes the folder if nothing is left in it
 * @throws FanfleetError `STATE_DIR_IN_USE`
 */
export async function lockState(stateDir: string): Promise<() => Promise<void>> {
  const path = join(stateDir, 'endpoint.lock');
  await mkdir(stateDir, { recursive: true });
  const processes = await systemProcessTable().list();
  const identity = (pid: number) => {
    const startedAt = processes.find((each) => each.pid === pid)?.startedAt;
    return startedAt === undefined ? undefined : `${pid} ${startedAt}`;
  };
  const holder = await readFile(path, 'utf8').catch(() => '');
  if (holder !== '' && identity(Number.parseInt(holder, 10)) === holder) {
    throw new FanfleetError(
      'STATE_DIR_IN_USE',
      `Expected ${stateDir} to be free but the EC2 endpoint with pid ${Number.parseInt(holder, 10)} uses it: end that one, or choose another folder.`,
      { source: 'user' },
    );
  }
  await rm(path, { force: true });
  await writeFile(path, identity(process.pid) ?? '', { flag: 'wx' });
  return async () => {
    await rm(path, { force: true });
    await rmdir(stateDir).catch(() => undefined);
  };
}
