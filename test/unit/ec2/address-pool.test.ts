import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AddressPool, listen } from '../../../localstack/ec2/hosts/address-pool.ts';
import { LocalHostProvider } from '../../../localstack/ec2/hosts/local-host-provider.ts';

const PORT = 13_900;

describe('AddressPool', () => {
  const servers: Server[] = [];
  const server = () => {
    const made = createServer();
    servers.push(made);
    return made;
  };
  const closed = (each: Server | undefined) =>
    new Promise((resolve) => each?.close(resolve) ?? resolve(undefined));
  afterEach(() => Promise.all(servers.splice(0).map(closed)));

  it('passes over what is taken, and does not take again soon what became free', async () => {
    // Prepare
    const pool = new AddressPool('ports', PORT);
    await listen(server(), PORT + 1, '127.0.0.1');
    // Act
    const first = await pool.place(server());
    await closed(servers.pop());
    const second = await pool.place(server());
    // Assess
    expect(first).toEqual({ address: '127.0.0.1', metadataPort: PORT });
    expect(second).toEqual({ address: '127.0.0.1', metadataPort: PORT + 2 });
  });

  it('comes round, and says when all is taken', async () => {
    const pool = new AddressPool('ports', PORT);
    for (let count = 0; count < 244; count += 1) await pool.place(server());
    await expect(pool.place(server())).rejects.toMatchObject({ code: 'NO_ADDRESS' });
    await closed(servers.shift());
    expect(await pool.place(server())).toEqual({ address: '127.0.0.1', metadataPort: PORT });
  });
});

describe('LocalHostProvider', () => {
  it('refuses a temporary folder that leaves no room for the sockets of Ray', async () => {
    const options = { stateDir: '/tmp/unused', temporaryFolder: `/tmp/${'x'.repeat(30)}` };
    await expect(LocalHostProvider.open(options)).rejects.toMatchObject({ code: 'PATH_TOO_LONG' });
  });
});
