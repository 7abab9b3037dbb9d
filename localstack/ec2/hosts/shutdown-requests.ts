import { type FSWatcher, watch } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseShutdownRequest } from './shutdown-command.ts';

/** Looks out for what the `shutdown` command of a host leaves in its control folder, and counts its time down. */
export class ShutdownRequests {
  readonly #folder: string;
  readonly #onShutdown: () => void;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param onShutdown called when the time has come */
  constructor(folder: string, onShutdown: () => void) {
    this.#folder = folder;
    this.#onShutdown = onShutdown;
  }

  /** From now on; the folder must be there. */
  watch(): void {
    this.#watcher = watch(this.#folder, () => void this.#read(join(this.#folder, 'request')));
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    clearTimeout(this.#timer);
  }

  async #read(path: string): Promise<void> {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) return;
    await rm(path, { force: true });
    const request = parseShutdownRequest(text);
    if (request === undefined || this.#closed) return;
    clearTimeout(this.#timer);
    if (request !== 'cancel') this.#timer = setTimeout(this.#onShutdown, request.afterMs).unref();
  }
}
