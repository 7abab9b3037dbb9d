import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetadataServer, lookUp, type MetadataSource } from '../../../localstack/ec2/hosts/metadata.ts';

const tree = {
  'meta-data': { 'instance-id': 'i-1', placement: { region: 'r' } },
  'user-data': Buffer.from([0, 255]),
};

describe('lookUp', () => {
  it('gives values, bytes, and the names in a folder', () => {
    expect(lookUp(tree, 'meta-data/instance-id')).toBe('i-1');
    expect(lookUp(tree, '/meta-data/placement/')).toBe('region');
    expect(lookUp(tree, 'meta-data')).toBe('instance-id\nplacement/');
    expect(lookUp(tree, 'user-data')).toEqual(Buffer.from([0, 255]));
  });

  it('knows nothing else', () => {
    for (const path of ['x', 'meta-data/instance-id/x', 'toString', '__proto__', 'user-data/length']) {
      expect(lookUp(tree, path)).toBeUndefined();
    }
  });
});

describe('the metadata service', () => {
  let server: Server | undefined;
  let now = 1_000_000;
  afterEach(() => server?.close());

  async function start(source: Partial<MetadataSource> = {}): Promise<string> {
    const whole = { enabled: () => true, tokenRequired: () => true, tree: () => tree, ...source };
    server = createMetadataServer(whole, () => now).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const askToken = (url: string, headers: Record<string, string>) =>
    fetch(`${url}/latest/api/token`, { method: 'PUT', headers });
  const ttl = (seconds: string) => ({ 'x-aws-ec2-metadata-token-ttl-seconds': seconds });
  const status = async (url: string, path: string, token?: string) =>
    (await fetch(url + path, token === undefined ? {} : { headers: { 'x-aws-ec2-metadata-token': token } }))
      .status;

  it('serves whoever has a token, until it expires', async () => {
    // Prepare
    const url = await start();
    const answer = await askToken(url, ttl('60'));
    const token = await answer.text();
    // Act and assess
    expect(answer.headers.get('x-aws-ec2-metadata-token-ttl-seconds')).toBe('60');
    expect(await status(url, '/latest/meta-data/instance-id', token)).toBe(200);
    expect(await status(url, '/2021-07-15/meta-data/', token)).toBe(200);
    expect(await status(url, '/latest/meta-data/nothing', token)).toBe(404);
    expect(await status(url, '/latest/meta-data/instance-id')).toBe(401);
    now += 60_001;
    expect(await status(url, '/latest/meta-data/instance-id', token)).toBe(401);
  });

  it('takes no token that it did not make', async () => {
    const url = await start();
    const token = await (await askToken(url, ttl('60'))).text();
    const [, signature] = token.split('.');
    for (const forged of ['x', `${now + 1e9}.${signature}`, `${token}x`, '.']) {
      expect(await status(url, '/latest/meta-data/', forged)).toBe(401);
    }
  });

  it('gives no token without a time to live, for a wrong one, or through a proxy', async () => {
    const url = await start();
    expect((await askToken(url, {})).status).toBe(400);
    for (const seconds of ['0', '21601', '-1', 'x'])
      expect((await askToken(url, ttl(seconds))).status).toBe(400);
    expect((await askToken(url, { ...ttl('60'), 'x-forwarded-for': '1.2.3.4' })).status).toBe(403);
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });

  it('serves version 1 where the instance allows it, and nothing where it is switched off', async () => {
    const optional = await start({ tokenRequired: () => false });
    expect(await status(optional, '/latest/meta-data/')).toBe(200);
    expect(await status(optional, '/latest/meta-data/', 'wrong')).toBe(401);
    server?.close();
    const off = await start({ enabled: () => false });
    expect((await askToken(off, ttl('60'))).status).toBe(403);
  });
});
