import type { HttpConnection } from './connection.ts';

/**
 * S3 closes connections that carry nothing, and a Lambda environment that was frozen does not see it happen: one that
 * has been idle for longer is not used again.
 */
const MOST_IDLE_MS = 5_000;

/** Connections to one host, kept open for the next request: at most `limit`, whoever wants more waits in turn. */
export class ConnectionPool {
  readonly #open: () => HttpConnection;
  readonly #limit: number;
  readonly #now: () => number;
  readonly #idle: { readonly connection: HttpConnection; readonly since: number }[] = [];
  readonly #busy = new Set<HttpConnection>();
  readonly #waiting: (() => void)[] = [];

  /** @param now milliseconds; it must go on while the process is frozen */
  constructor(open: () => HttpConnection, limit: number, now: () => number) {
    this.#open = open;
    this.#limit = limit;
    this.#now = now;
  }

  /**
   * Run `work` with a connection of its own.
   *
   * @throws what `work` throws; the reason of the signal, when it is its turn
   */
  async with<T>(work: (connection: HttpConnection) => Promise<T>, signal?: AbortSignal): Promise<T> {
    while (this.#busy.size >= this.#limit) {
      await new Promise<void>((enter) => this.#waiting.push(enter));
    }
    let connection: HttpConnection | undefined;
    try {
      signal?.throwIfAborted();
      connection = this.#reuse() ?? this.#open();
      this.#busy.add(connection);
      return await work(connection);
    } finally {
      if (connection !== undefined) this.#giveBack(connection);
      this.#waiting.shift()?.();
    }
  }

  close(): void {
    for (const { connection } of this.#idle.splice(0)) connection.close();
    for (const connection of this.#busy) connection.close();
  }

  #giveBack(connection: HttpConnection): void {
    this.#busy.delete(connection);
    if (connection.closed) return;
    connection.idle = true;
    this.#idle.push({ connection, since: this.#now() });
  }

  /** The one that was used last: the others grow old and are closed by the server. */
  #reuse(): HttpConnection | undefined {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      const { connection, since } = last;
      if (!connection.closed && this.#now() - since <= MOST_IDLE_MS) {
        connection.idle = false;
        return connection;
      }
      connection.close();
    }
    return undefined;
  }
}
