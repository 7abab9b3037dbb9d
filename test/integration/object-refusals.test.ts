import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectReader } from '../../src/aws/object-reader.ts';
import { sdkObjectError } from '../../src/aws/sdk-object-error.ts';
import { isFailed } from '../../src/contract/row.ts';
import { FanfleetError } from '../../src/errors.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { runBatch } from '../../src/worker/run-batch.ts';
import { imageRunner } from '../../src/workloads/image-runner.ts';
import refusals from '../fixtures/s3-refusals.json' with { type: 'json' };
import { MIB } from '../support/image-bucket.ts';
import {
  type Answer,
  cutOff,
  given,
  type ObjectServer,
  refused,
  startObjectServer,
} from '../support/object-server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BODY = Buffer.alloc(1_000, 'body');
const CRC32 = Buffer.alloc(4);
CRC32.writeUInt32BE(crc32(BODY));

/** What the answer to a GET of an object makes of it: bytes, the code of its row, or null where more is at fault. */
type Case = {
  readonly answer: Answer;
  readonly becomes: string | number | null;
  readonly shard?: true;
  readonly requesterPays?: true;
};

const CUT_XML = Buffer.from('<?xml version="1.0"?>\n<Error><Code>InvalidObjectState</Code><Mess');
const CASES: Readonly<Record<string, Case>> = {
  'a key "with" ü/../+%#?.png': { answer: given(BODY), becomes: 1_000 },
  ...Object.fromEntries(
    refusals.map(({ status, code, message, error }, at): [string, Case] => [
      `${at} ${status} ${code}`,
      { answer: refused(status, code, message), becomes: error },
    ]),
  ),
  'of a tar 403': { answer: refused(403, 'InvalidObjectState'), becomes: 'OBJECT_ARCHIVED', shard: true },
  'of a tar 416': { answer: refused(416, 'InvalidRange'), becomes: 'OBJECT_CHANGED', shard: true },
  'of a tar that is there': { answer: given(BODY), becomes: 1_000, shard: true },
  'of a tar that is cut': { answer: cutOff(1_000, 206), becomes: 'OBJECT_UNREADABLE', shard: true },
  'an answer whose XML is cut': {
    answer: (_, response) => void response.writeHead(403).end(CUT_XML),
    becomes: 'OBJECT_DENIED',
  },
  ...Object.fromEntries(
    ([400, 403, 404, 418] as const).map((status, at): [string, Case] => [
      `${status} of a proxy, as a page`,
      {
        answer: (_, response) => void response.writeHead(status).end('<html><body>No.</body></html>'),
        becomes: ['OBJECT_UNREADABLE', 'OBJECT_DENIED', 'OBJECT_MISSING', null][at] ?? null,
      },
    ]),
  ),
  ...Object.fromEntries(
    ['{"message":"No."}', '<hr></p>', '<Error><Code></Code></Error>'].map((text): [string, Case] => [
      `403 as ${text.replaceAll('/', '')}`,
      { answer: (_, response) => void response.writeHead(403).end(text), becomes: 'OBJECT_DENIED' },
    ]),
  ),
  'a success without an ETag each time': {
    answer: (_, response) => void response.writeHead(200, { 'content-length': BODY.length }).end(BODY),
    becomes: 'OBJECT_UNREADABLE',
  },
  'a success of another status each time': {
    answer: (_, response) => void response.writeHead(203, { etag: '"e"' }).end(BODY),
    becomes: 'OBJECT_UNREADABLE',
  },
  'of a tar, without the range': {
    answer: (_, response) => void response.writeHead(200, { etag: '"e"' }).end(BODY),
    becomes: 'OBJECT_UNREADABLE',
    shard: true,
  },
  'a body that is cut each time': { answer: cutOff(1_000), becomes: 'OBJECT_UNREADABLE' },
  'a refusal that is cut each time': { answer: cutOff(1_000, 403), becomes: 'OBJECT_UNREADABLE' },
  'a good checksum': {
    answer: given(BODY, { 'x-amz-checksum-crc32': CRC32.toString('base64') }),
    becomes: 1_000,
  },
  'a bad checksum each time': {
    answer: given(BODY, { 'x-amz-checksum-crc32': 'AAAAAA==' }),
    becomes: 'OBJECT_UNREADABLE',
  },
  'a body that is shorter': { answer: given(BODY.subarray(1)), becomes: 'OBJECT_CHANGED' },
  'a body that is longer': { answer: given(Buffer.alloc(200_000)), becomes: 'OBJECT_CHANGED' },
  'where the requester is to pay': {
    answer: (request, response) => {
      const pays = request.headers['x-amz-request-payer'] === 'requester';
      (pays ? given(BODY) : refused(403, 'AccessDenied'))(request, response);
    },
    becomes: 1_000,
    requesterPays: true,
  },
  'where the requester does not say that he pays': {
    answer: (request, response) => {
      const says = request.headers['x-amz-request-payer'] !== undefined;
      (says ? given(BODY) : refused(403, 'AccessDenied'))(request, response);
    },
    becomes: 'OBJECT_DENIED',
  },
  'another version': { answer: given(BODY, { etag: '"f"' }), becomes: 'OBJECT_CHANGED' },
};
const NAMES = Object.keys(CASES);
const KEY_500 = 'that S3 cannot give';

let server: ObjectServer;
beforeAll(async () => {
  server = await startObjectServer(
    Object.fromEntries([
      ...Object.entries(CASES).map(([key, { answer }]) => [key, answer] as const),
      ...[KEY_500, '0 of an outage', '1 of an outage'].map(
        (key) => [key, refused(500, 'InternalError')] as const,
      ),
    ]),
  );
});
afterAll(() => server?.stop());

describe('what S3 answers of one object', () => {
  it('is told from what concerns all of them, by the reader of the functions and of the gRPC workers', async () => {
    const reader = new ObjectReader(
      {
        region: async () => 'us-east-1',
        endpoint: async () => server.endpoint,
        credentials: async () => ({ accessKeyId: 'k', secretAccessKey: 's' }),
      },
      { sleep: async () => {} },
    );
    for (const key of NAMES) {
      const part = CASES[key]?.shard === undefined ? {} : { offset: 0 };
      const payer = { requesterPays: CASES[key]?.requesterPays ?? false };
      const read = reader.read({ bucket: 'b', key, etag: '"e"', size: BODY.length, ...part, ...payer });
      const became = await read.then(
        (got) => ('bytes' in got ? got.bytes.length : got.absent),
        (reason) => (reason instanceof FanfleetError ? null : reason),
      );
      expect([key, became]).toEqual([key, CASES[key]?.becomes]);
    }
    reader.close();
  });

  it('is the same by the SDK, where the plan asks', async () => {
    const s3 = new S3Client({
      ...{ region: 'us-east-1', endpoint: server.endpoint, forcePathStyle: true, maxAttempts: 1 },
      credentials: { accessKeyId: 'k', secretAccessKey: 's' },
    });
    for (const key of NAMES.filter((name) => /^(\d+ )?[45]\d\d |XML/.test(name))) {
      const became = await s3.send(new GetObjectCommand({ Bucket: 'b', Key: key })).catch(sdkObjectError);
      expect([key, became ?? null]).toEqual([key, CASES[key]?.becomes]);
    }
    s3.destroy();
  });

  it('gives the same codes in Python', async () => {
    const became = await byPython(NAMES.map((key) => [key]));
    expect(became.map((value, at) => [NAMES[at], value])).toEqual(
      NAMES.map((key) => [key, CASES[key]?.becomes]),
    );
  }, 60_000);
});

describe('an object that S3 cannot give, however often it is asked', () => {
  const OUT = ['0 of an outage', '1 of an outage'];
  const BATCHES = [
    [KEY_500, 'a body that is shorter'],
    ['another version', KEY_500],
  ];

  it.each(BATCHES)('is at fault where S3 answers for others of the batch: %s, %s', async (...keys) => {
    expect(await byFunctions(keys)).toEqual(
      keys.map((key) => (key === KEY_500 ? 'OBJECT_UNREADABLE' : 'OBJECT_CHANGED')),
    );
  });

  it('is not where S3 answers for none', async () => {
    expect(await byFunctions(OUT)).toBeNull();
    expect(await byFunctions([KEY_500])).toBeNull();
  });

  it('is both in Python, too', async () => {
    expect(await byPython([...BATCHES, OUT, [KEY_500]])).toEqual([
      ...['OBJECT_UNREADABLE', 'OBJECT_CHANGED', 'OBJECT_CHANGED', 'OBJECT_UNREADABLE'],
      ...[null, null],
    ]);
  }, 60_000);
});

const objectOf = (key: string) => ({
  key,
  size: BODY.length,
  etag: '"e"',
  ...(CASES[key]?.shard === undefined ? {} : { shard: { key, offset: 0 } }),
});

/** The codes of the rows of a batch, as `measure` and the gRPC workers do it; null where it fails. */
async function byFunctions(keys: readonly string[]) {
  const access = {
    region: async () => 'us-east-1',
    endpoint: async () => server.endpoint,
    credentials: async () => ({ accessKeyId: 'k', secretAccessKey: 's' }),
  };
  const reader = new ObjectReader(access, { sleep: async () => {} });
  const objects = keys.map(objectOf);
  const limits = { fetches: 4, decodes: 2, encodedBytes: MIB, decodedBytes: MIB, imageBytes: 2 ** 30 };
  try {
    const { rows } = await runBatch({
      ...{
        reader,
        bucket: 'b',
        batch: { batch: 0, bytes: 0, objects },
        runner: imageRunner({ operation: 'max' }),
        ...limits,
      },
      kernel: createSharpKernel(),
      now: () => performance.now(),
    });
    return rows.map((row) => (isFailed(row) ? row.error.code : null));
  } catch (reason) {
    if (reason instanceof FanfleetError && reason.code === 'InternalError') return null;
    throw reason;
  } finally {
    reader.close();
  }
}

/** The same for objects as the fleet's Python fetches them: bytes or the code, and null for a batch that failed. */
async function byPython(batches: readonly (readonly string[])[]) {
  const running = promisify(execFile)(
    join(ROOT, '.venv/bin/python'),
    ['-B', join(ROOT, 'test/fixtures/read_objects.py'), 'b'],
    {
      env: {
        PYTHONPATH: join(ROOT, 'ec2-workers'),
        AWS_ACCESS_KEY_ID: 'k',
        AWS_SECRET_ACCESS_KEY: 's',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ENDPOINT_URL: server.endpoint,
      },
    },
  );
  const asked = batches.map((keys) =>
    keys.map((key) => ({ ...objectOf(key), requesterPays: CASES[key]?.requesterPays ?? false })),
  );
  running.child.stdin?.end(JSON.stringify(asked));
  const lines = (await running).stdout.trim().split('\n');
  return lines.map((line) => {
    const { error = null, bytes = null } = JSON.parse(line);
    return bytes ?? error;
  });
}
