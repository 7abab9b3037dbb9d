import { CreateBucketCommand, GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ObjectWriter } from '../../src/aws/object-writer.ts';
import { createS3 } from '../../src/aws/s3.ts';
import { s3Access } from '../../src/aws/s3-access.ts';
import { S3Requests } from '../../src/aws/s3-requests.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';
import {
  refuse,
  respond,
  type ScriptedServer,
  type Step,
  startScriptedServer,
} from '../support/scripted-server.ts';

const BUCKET = 'writer-runs';

describe('ObjectWriter', () => {
  let emulator: Emulator;
  let s3: S3Client;
  let requests: S3Requests;

  beforeAll(async () => {
    emulator = await startEmulator();
    s3 = createS3(emulator.client);
    requests = new S3Requests(s3Access(s3));
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  });
  afterAll(async () => {
    requests?.close();
    s3?.destroy();
    await emulator?.stop();
  });

  it.each<[string, string | Buffer]>([
    ['runs/r/results/000000000.jsonl', '{"key":"é😀"}\n'],
    ['a key/with  spaces+#?&=%20.png', Buffer.from([0, 13, 10, 13, 10, 255])],
    ['empty', ''],
    ['large', Buffer.alloc(3_000_000, 'abc')],
  ])('writes %j as the SDK reads it', async (key, body) => {
    await new ObjectWriter(requests, BUCKET).put(key, body, 'image/png');
    const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    expect(ContentType).toBe('image/png');
    expect(Buffer.from((await Body?.transformToByteArray()) ?? [])).toEqual(Buffer.from(body));
  });

  it('names the bucket and the key of what S3 refuses', async () => {
    await expect(new ObjectWriter(requests, 'nobody-has-this').putJson('a.json', {})).rejects.toMatchObject({
      code: 'NoSuchBucket',
      message: expect.stringContaining('Could not write s3://nobody-has-this/a.json'),
    });
  });
});

describe('ObjectWriter on a bad day', () => {
  let server: ScriptedServer | undefined;
  let requests: S3Requests | undefined;
  afterEach(async () => {
    requests?.close();
    await server?.stop();
  });

  async function start(...steps: readonly Step[]) {
    const waits: number[] = [];
    server = await startScriptedServer(steps);
    const endpoint = `http://127.0.0.1:${server.port}`;
    requests = new S3Requests(
      {
        region: async () => 'us-east-1',
        endpoint: async () => endpoint,
        credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 's' }),
      },
      { random: () => 0.5, sleep: async (ms) => void waits.push(ms) },
    );
    return { server, waits, writer: new ObjectWriter(requests, 'runs') };
  }
  const done = respond(200, { ETag: '"e"' });

  it.each<[string, Step]>([
    ['503 SlowDown', refuse(503, 'SlowDown')],
    ['a lost connection', (socket) => socket.destroy()],
  ])('sends the whole request again after %s', async (_, fault) => {
    const { server, waits, writer } = await start(fault, fault, done);
    await writer.put('a.jsonl', 'row\n', 'application/x-ndjson');
    expect(waits).toEqual([50, 100]);
    expect(server.requests).toHaveLength(3);
    for (const { head } of server.requests) {
      expect(head).toContain('PUT /runs/a.jsonl HTTP/1.1');
      expect(head).toContain('content-length: 4');
    }
  });

  it('does not send again what S3 forbids', async () => {
    const { server, writer } = await start(refuse(403, 'AccessDenied'));
    await expect(writer.put('a.jsonl', 'row\n', 'text/plain')).rejects.toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('It was tried once.'),
    });
    expect(server.requests).toHaveLength(1);
  });
});
