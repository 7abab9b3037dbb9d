/** CPU time and peak memory of this process so far. */
export type ProcessUsage = () => { readonly cpuMs: number; readonly rssPeakBytes: number };

/** The usage of one of several pieces of work that run in this process at once. */
export type Share = { readonly usage: ProcessUsage; readonly end: () => void };

/**
 * Divides the CPU time of a process evenly among the pieces of work that run at the time, since it cannot be measured for
 * each: all shares together are what the process used while there was work.
 */
export class DividedUsage {
  readonly #process: ProcessUsage;
  readonly #running = new Set<{ cpuMs: number }>();
  #dividedMs = 0;

  constructor(process: ProcessUsage) {
    this.#process = process;
  }

  begin(): Share {
    this.#divide();
    const share = { cpuMs: 0 };
    this.#running.add(share);
    return {
      usage: () => {
        this.#divide();
        return { cpuMs: share.cpuMs, rssPeakBytes: this.#process().rssPeakBytes };
      },
      end: () => {
        this.#divide();
        this.#running.delete(share);
      },
    };
  }

  #divide(): void {
    const { cpuMs } = this.#process();
    for (const share of this.#running) share.cpuMs += (cpuMs - this.#dividedMs) / this.#running.size;
    this.#dividedMs = cpuMs;
  }
}
