interface Call {
  readonly go: () => void;
  readonly drop: () => void;
}

interface Hold {
  readonly paths: RegExp;
  readonly calls: Call[];
}

/** Calls of hosts that wait until they are let go: what a test needs to have work left, however fast the machine is. */
export class HeldCalls {
  /** By the address of the host. */
  readonly #holds = new Map<string, Hold>();

  /** Hold what a host asks for below paths that match, and let go of what was held before. */
  hold(address: string, paths: RegExp | null): void {
    const before = this.#holds.get(address);
    if (paths === null) this.#holds.delete(address);
    else this.#holds.set(address, { paths, calls: [] });
    for (const { go } of before?.calls ?? []) go();
  }

  letAllGo(): void {
    for (const address of [...this.#holds.keys()]) this.hold(address, null);
  }

  /** Hold no more calls of this host, and have none of those done that were held: nobody waits for them any longer. */
  drop(address: string): void {
    const { calls = [] } = this.#holds.get(address) ?? {};
    this.#holds.delete(address);
    for (const { drop } of calls) drop();
  }

  dropAll(): void {
    for (const address of [...this.#holds.keys()]) this.drop(address);
  }

  /** @returns whether the call will go, or be dropped, later, and not now */
  keep(address: string | undefined, path: string, call: Call): boolean {
    const hold = this.#holds.get(address ?? '');
    if (hold === undefined || !hold.paths.test(path)) return false;
    hold.calls.push(call);
    return true;
  }
}
