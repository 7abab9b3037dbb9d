import { createServer, type Server } from 'node:net';
import { FanfleetError } from '../shared.ts';

/**
 * How hosts are told apart: each by a loopback address of its own, or, where only 127.0.0.1 exists (macOS), by the
 * port of its metadata service.
 */
export type Addressing = 'addresses' | 'ports';

export interface Placement {
  address: string;
  metadataPort: number;
}

const FIRST = 11;
const LAST = 254;

/** Which way of addressing this machine offers: found by binding 127.0.0.2. */
export async function detectAddressing(): Promise<Addressing> {
  const probe = createServer();
  try {
    await listen(probe, 0, '127.0.0.2');
    return 'addresses';
  } catch {
    return 'ports';
  } finally {
    probe.close();
  }
}

/**
 * Gives out addresses by listening on them: what another endpoint, or any other program, holds is passed over.
 * It goes round, so an address that became free is not taken again soon.
 */
export class AddressPool {
  readonly #addressing: Addressing;
  readonly #metadataPort: number;
  #next = 0;

  constructor(addressing: Addressing, metadataPort: number) {
    this.#addressing = addressing;
    this.#metadataPort = metadataPort;
  }

  /**
   * Make a metadata server listen on an address of its own.
   *
   * @throws FanfleetError `NO_ADDRESS` if all are taken
   */
  async place(server: Server): Promise<Placement> {
    const size = LAST - FIRST + 1;
    for (let attempt = 0; attempt < size; attempt += 1) {
      const offset = this.#next;
      this.#next = (this.#next + 1) % size;
      const placement: Placement =
        this.#addressing === 'addresses'
          ? { address: `127.0.0.${FIRST + offset}`, metadataPort: this.#metadataPort }
          : { address: '127.0.0.1', metadataPort: this.#metadataPort + offset };
      try {
        await listen(server, placement.metadataPort, placement.address);
        return placement;
      } catch (reason) {
        if ((reason as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw FanfleetError.from(reason);
      }
    }
    throw new FanfleetError(
      'NO_ADDRESS',
      `Expected a free loopback address with port ${this.#metadataPort} but all ${size} are taken: end some hosts.`,
      { source: 'user' },
    );
  }
}

/** Listen, and give back once it does. */
export function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
