import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { FanfleetError } from '../shared.ts';
import type { KnownProcesses } from './host-processes.ts';

const recordSchema = z.strictObject({
  instanceId: z.string().regex(/^i-[0-9a-f]+$/),
  /** The host's folder. */
  root: z.string(),
  known: z.strictObject({ started: z.record(z.string(), z.string()), sessions: z.array(z.int()) }),
});

/** What is on disk of a host that lives: enough to end it without the endpoint that started it. */
export interface HostRecord {
  instanceId: string;
  root: string;
  known: KnownProcesses;
}

/** The records of the hosts that live, a file each. */
export class HostRecords {
  readonly #folder: string;
  #writes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Written whole or not at all. */
  async write(record: HostRecord): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    this.#writes += 1;
    const temporary = join(this.#folder, `.${record.instanceId}.${this.#writes}`);
    await writeFile(temporary, `${JSON.stringify(record)}\n`);
    await rename(temporary, this.#path(record.instanceId));
  }

  async remove(instanceId: string): Promise<void> {
    await rm(this.#path(instanceId), { force: true });
  }

  /** @throws FanfleetError `HOST_RECORD_UNREADABLE` naming the file */
  async readAll(): Promise<HostRecord[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const records = names
      .filter((name) => name.endsWith('.json'))
      .map((name) => this.#read(join(this.#folder, name)));
    return Promise.all(records);
  }

  async #read(path: string): Promise<HostRecord> {
    try {
      return recordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (cause) {
      throw new FanfleetError(
        'HOST_RECORD_UNREADABLE',
        `Expected ${path} to describe a host but it does not: end that host's processes by hand, then remove the file.`,
        { cause, source: 'user' },
      );
    }
  }

  #path(instanceId: string): string {
    return join(this.#folder, `${instanceId}.json`);
  }
}
