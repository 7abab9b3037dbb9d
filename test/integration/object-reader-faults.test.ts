import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { ObjectReader } from '../../src/aws/object-reader.ts';
import type { S3RequestsOptions } from '../../src/aws/s3-requests.ts';
import {
  refuse,
  respond,
  type ScriptedServer,
  type Step,
  startScriptedServer,
} from '../support/scripted-server.ts';

const BODY = Buffer.alloc(100_000, 'body');
const REQUEST = { bucket: 'photos', key: 'a b.jpg', etag: '"e"', size: BODY.length };
const GOOD = respond(200, { ETag: '"e"' }, BODY);
const HEAD = `HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: ${BODY.length}\r\n\r\n`;

let server: ScriptedServer | undefined;
let reader: ObjectReader | undefined;
afterEach(async () => {
  reader?.close();
  await server?.stop();
});

/** A server with these steps and a reader of it that does not wait between tries, but notes how long it would have. */
async function start(steps: readonly Step[], options: S3RequestsOptions = {}) {
  const waits: number[] = [];
  const refreshed: boolean[] = [];
  server = await startScriptedServer(steps);
  const endpoint = `http://127.0.0.1:${server.port}`;
  reader = new ObjectReader(
    {
      region: async () => 'us-east-1',
      endpoint: async () => endpoint,
      credentials: async ({ forceRefresh = false } = {}) => {
        refreshed.push(forceRefresh);
        const age = refreshed.filter(Boolean).length;
        return { accessKeyId: `KEY${age}`, secretAccessKey: 's', sessionToken: `token${age}` };
      },
    },
    { random: () => 0.5, sleep: async (ms) => void waits.push(ms), ...options },
  );
  return { server, reader, waits };
}

describe('ObjectReader tries again', () => {
  it.each<[string, Step]>([
    ['503 SlowDown', refuse(503, 'SlowDown')],
    ['500', refuse(500, 'InternalError')],
    ['a proxy without a length', (socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n<html>')],
    ['429', respond(429, {})],
    ['a connection that is closed at once', (socket) => socket.destroy()],
    ['a connection that is reset', (socket) => socket.resetAndDestroy()],
    ['a short body', (socket) => socket.end(`${HEAD}short`)],
    [
      'a reset in the middle of a body',
      (socket) => socket.write(HEAD + BODY.subarray(9).toString(), () => socket.resetAndDestroy()),
    ],
    ['what is not HTTP', (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n\r\n')],
    [
      'more than the body',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 1\r\n\r\nmore'),
    ],
    ['a wrong checksum', respond(200, { ETag: '"e"', 'x-amz-checksum-crc32': 'AAAAAA==' }, BODY)],
    ['a garbled checksum', respond(200, { ETag: '"e"', 'x-amz-checksum-sha256': '?' }, BODY)],
    ['no ETag', respond(200, {}, BODY)],
  ])('after %s', async (_, fault) => {
    const { reader, server, waits } = await start([fault, fault, GOOD]);
    expect(await reader.read(REQUEST)).toEqual({ bytes: BODY });
    expect(waits).toEqual([50, 100]);
    expect(server.requests).toHaveLength(3);
  });

  it('after silence, and closes the silent connection', async () => {
    const silent: Step = (socket) => socket.write(HEAD.slice(0, 20));
    const { reader, server } = await start([silent, GOOD], { idleTimeoutMs: 50 });
    expect(await reader.read(REQUEST)).toEqual({ bytes: BODY });
    await expect.poll(() => server.open()).toBe(1);
  });

  it('8 times in all, then fails with the code and the key', async () => {
    const { reader, server, waits } = await start([refuse(503, 'SlowDown')]);
    await expect(reader.read(REQUEST)).rejects.toMatchObject({
      name: 'FanfleetError',
      code: 'SlowDown',
      source: 'aws',
      message: '[SlowDown] Could not read s3://photos/a b.jpg: No. It was tried 8 times.',
    });
    expect(server.requests).toHaveLength(8);
    expect(waits).toEqual([50, 100, 200, 400, 800, 1_600, 3_200]);
  });

  it('where nobody listens', async () => {
    const { reader, server, waits } = await start([GOOD], { tries: 3 });
    await server.stop();
    await expect(reader.read(REQUEST)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(waits).toHaveLength(2);
  });

  it('once with new credentials when the old ones have expired', async () => {
    const { reader, server, waits } = await start([refuse(400, 'ExpiredToken'), GOOD]);
    expect(await reader.read(REQUEST)).toEqual({ bytes: BODY });
    expect(waits).toEqual([]);
    const tokens = server.requests.map(({ head }) => /x-amz-security-token: (\S+)/.exec(head)?.[1]);
    expect(tokens).toEqual(['token0', 'token1']);
  });

  it('not twice when the new ones are refused as well', async () => {
    const { reader, server } = await start([refuse(400, 'ExpiredToken')]);
    await expect(reader.read(REQUEST)).rejects.toMatchObject({ code: 'ExpiredToken' });
    expect(server.requests).toHaveLength(2);
  });

  it('by the time of S3 when ours is wrong', async () => {
    const date = { Date: 'Fri, 31 Jan 2031 10:00:00 GMT' };
    const { reader, server } = await start([refuse(403, 'RequestTimeTooSkewed', date), GOOD], {
      now: () => Date.UTC(2026, 0, 1),
    });
    expect(await reader.read(REQUEST)).toEqual({ bytes: BODY });
    const dates = server.requests.map(({ head }) => /x-amz-date: (\S+)/.exec(head)?.[1]);
    expect(dates).toEqual(['20260101T000000Z', '20310131T100000Z']);
  });
});

describe('ObjectReader does not try again', () => {
  it.each([
    ['NoSuchBucket', refuse(404, 'NoSuchBucket')],
    ['SignatureDoesNotMatch', refuse(403, 'SignatureDoesNotMatch')],
    ['PermanentRedirect', refuse(301, 'PermanentRedirect', { Location: 'http://127.0.0.1:1/' })],
    ['TemporaryRedirect', refuse(307, 'TemporaryRedirect', { Location: 'http://127.0.0.1:1/' })],
  ])('after %s', async (code, step) => {
    const { reader, server } = await start([step]);
    await expect(reader.read(REQUEST)).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['another ETag', respond(200, { ETag: '"f"' }, BODY)],
    ['a longer object', respond(200, { ETag: '"e"' }, Buffer.alloc(BODY.length + 1))],
    ['an object of a terabyte', (socket: Socket) => socket.write(HEAD.replace(/\d{6}/, '1000000000000'))],
    ['a failed condition', refuse(412, 'PreconditionFailed')],
  ])('when the object has changed: %s', async (_, step) => {
    const { reader, server } = await start([step]);
    expect(await reader.read(REQUEST)).toEqual({ absent: 'OBJECT_CHANGED' });
    expect(server.requests).toHaveLength(1);
  });

  it('when it is told to stop: in a response, in a queue, between tries', async () => {
    const abort = new AbortController();
    const { reader, server } = await start([(socket) => socket.write(`${HEAD}start`)], { maxSockets: 1 });
    const reads = [reader.read(REQUEST, abort.signal), reader.read(REQUEST, abort.signal)];
    await expect.poll(() => server.requests.length).toBe(1);
    abort.abort(new Error('enough'));
    for (const read of reads) await expect(read).rejects.toThrow('enough');
    await expect.poll(() => server.open()).toBe(0);
    expect(server.requests).toHaveLength(1);

    const between = new AbortController();
    const stopping = new ObjectReader(
      {
        region: async () => 'us-east-1',
        endpoint: async () => 'http://127.0.0.1:1',
        credentials: async () => ({ accessKeyId: 'k', secretAccessKey: 's' }),
      },
      { sleep: async () => between.abort(new Error('stop')) },
    );
    await expect(stopping.read(REQUEST, between.signal)).rejects.toThrow('stop');
  });
});

describe("ObjectReader's connections", () => {
  it('carry one request after the other, and are at most as many as allowed', async () => {
    const { reader, server } = await start([GOOD], { maxSockets: 3 });
    await Promise.all(Array.from({ length: 30 }, () => reader.read(REQUEST)));
    expect(server.requests).toHaveLength(30);
    expect(new Set(server.requests.map(({ connection }) => connection)).size).toBe(3);
  });

  it('are not used again once the server has said that it closes them', async () => {
    const last = respond(200, { ETag: '"e"', Connection: 'close' }, BODY);
    const { reader, server, waits } = await start([last, GOOD]);
    for (let i = 0; i < 2; i += 1) expect(await reader.read(REQUEST)).toEqual({ bytes: BODY });
    expect(server.requests.map(({ connection }) => connection)).toEqual([0, 1]);
    expect(waits).toEqual([]);
  });

  it('are not used again after a long rest, which a frozen environment may have been', async () => {
    let ms = 0;
    const { reader, server } = await start([GOOD], { now: () => ms });
    await reader.read(REQUEST);
    ms += 4_000;
    await reader.read(REQUEST);
    ms += 6_000;
    await reader.read(REQUEST);
    expect(server.requests.map(({ connection }) => connection)).toEqual([0, 0, 1]);
  });

  it('are encrypted where the endpoint is https, and to nobody else than it should be', async () => {
    // Prepare
    const folder = await mkdtemp(join(tmpdir(), 'fanfleet-tls-'));
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const kind = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '1',
    ];
    await promisify(execFile)('openssl', [...kind, ...names, '-keyout', keyFile, '-out', certFile]);
    const [key, cert] = await Promise.all([keyFile, certFile].map((file) => readFile(file, 'utf8')));
    await rm(folder, { recursive: true });
    server = await startScriptedServer([GOOD], { key: key ?? '', cert: cert ?? '' });
    const access = (host: string) => ({
      region: async () => 'us-east-1',
      endpoint: async () => `https://${host}:${server?.port}`,
      credentials: async () => ({ accessKeyId: 'k', secretAccessKey: 's' }),
    });
    const ca = cert ?? '';

    // Act and assess
    reader = new ObjectReader(access('localhost'), { ca });
    for (let i = 0; i < 3; i += 1) expect(await reader.read(REQUEST)).toEqual({ bytes: BODY });
    expect(server.requests.map(({ connection }) => connection)).toEqual([0, 0, 0]);
    const refused = { code: 'CERTIFICATE_REFUSED' };
    await expect(new ObjectReader(access('localhost')).read(REQUEST)).rejects.toMatchObject(refused);
    await expect(new ObjectReader(access('127.0.0.1'), { ca }).read(REQUEST)).rejects.toMatchObject(refused);
  });
});
