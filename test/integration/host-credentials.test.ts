import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { hostCredentials } from '../../src/aws/host-credentials.ts';

const ROLES = '/latest/meta-data/iam/security-credentials/';

/** The metadata service of the host, version 2, whose credentials last so long; it counts what it has given. */
async function metadataService(lastMs: number, refusals = 0) {
  let given = 0;
  let refused = 0;
  const server = createServer((request, response) => {
    const isToken = request.method === 'PUT' && request.url === '/latest/api/token';
    if (refused < refusals) {
      refused += 1;
      response.writeHead(404).end();
    } else if (!isToken && request.headers['x-aws-ec2-metadata-token'] !== 'secret-token') {
      response.writeHead(401).end();
    } else if (isToken) response.end('secret-token');
    else if (request.url === ROLES) response.end('fleet-role\n');
    else if (request.url === `${ROLES}fleet-role`) {
      given += 1;
      const Expiration = new Date(Date.now() + lastMs).toISOString();
      const keys = { AccessKeyId: `key-${given}`, SecretAccessKey: 's', Token: 't', Expiration };
      response.end(JSON.stringify(keys));
    } else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', `http://127.0.0.1:${port}`);
}

it('a host has the credentials of its role, and keeps them as long as they last', async () => {
  await metadataService(3600_000);
  const credentials = hostCredentials({});

  const first = await Promise.all([credentials(), credentials()]);
  expect(first.map(({ accessKeyId }) => accessKeyId)).toEqual(['key-1', 'key-1']);
  expect(await credentials()).toMatchObject({
    accessKeyId: 'key-1',
    secretAccessKey: 's',
    sessionToken: 't',
  });
  expect((await credentials({ forceRefresh: true })).accessKeyId).toBe('key-2');
  expect((await credentials()).accessKeyId).toBe('key-2');
});

it('a host is given its credentials by a metadata service that does not have them at first', async () => {
  await metadataService(3600_000, 2);
  const credentials = hostCredentials({}, { sleep: async () => undefined });

  expect((await credentials()).accessKeyId).toBe('key-1');
});

it('it asks anew for those that end soon', async () => {
  await metadataService(60_000);
  const credentials = hostCredentials({});

  const first = (await credentials()).accessKeyId;
  expect((await credentials()).accessKeyId).not.toBe(first);
});

it('those of the environment come first', async () => {
  const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  expect(await hostCredentials(env)()).toEqual({ accessKeyId: 'a', secretAccessKey: 'b' });
});

it('says what it expected of a metadata service that is not there', async () => {
  await metadataService(0);
  vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', 'http://127.0.0.1:1');

  await expect(hostCredentials({}, { sleep: async () => undefined })()).rejects.toMatchObject({
    code: 'NO_CREDENTIALS',
  });
});
