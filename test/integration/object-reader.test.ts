import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectReader } from '../../src/aws/object-reader.ts';
import { createS3 } from '../../src/aws/s3.ts';
import { s3Access } from '../../src/aws/s3-access.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';

const BUCKET = 'reader-data';
const ODD_KEYS = [
  'a key with  spaces ',
  'hash#question?plus+percent%20amp&equals=',
  `quotes"'back\\slash<tag>`,
  'brackets ()[]{}*!~$,;:@|^`',
  'emoji 😀 𝕏',
  'é composed, e\u0301 decomposed',
  'tab\tand newline\n',
  '..png',
  'up/../down',
  './here',
  'here/.',
  'two//slashes',
  '/leading',
  'trailing/',
  'x'.repeat(1_024),
];

let emulator: Emulator;
let s3: S3Client;
let reader: ObjectReader;

beforeAll(async () => {
  emulator = await startEmulator();
  s3 = createS3(emulator.client);
  reader = new ObjectReader(s3Access(s3));
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
});
afterAll(async () => {
  reader?.close();
  s3?.destroy();
  await emulator?.stop();
});

async function put(
  key: string,
  body: string | Buffer,
  more: { ChecksumAlgorithm?: 'SHA256' | 'CRC32' } = {},
) {
  const { ETag = '' } = await s3.send(
    new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body, ...more }),
  );
  return { bucket: BUCKET, key, etag: ETag, size: Buffer.byteLength(body) };
}

describe('ObjectReader', () => {
  it.each(ODD_KEYS)('reads the key %j', async (key) => {
    const request = await put(key, `body of ${key}`);
    expect(await reader.read(request)).toEqual({ bytes: Buffer.from(`body of ${key}`) });
  });

  it('reads what the SDK wrote, of any size, with and without checksums', async () => {
    for (const size of [0, 1, 3_000, 4_096, 65_536, 5_000_000]) {
      const body = Buffer.from(Array.from({ length: size }, (_, i) => i % 251));
      for (const more of [
        {},
        { ChecksumAlgorithm: 'CRC32' as const },
        { ChecksumAlgorithm: 'SHA256' as const },
      ]) {
        const got = await reader.read(await put('sized', body, more));
        expect('bytes' in got && got.bytes.equals(body)).toBe(true);
      }
    }
  });

  it('reads a part', async () => {
    const request = await put('whole', '0123456789');
    expect(await reader.read({ ...request, offset: 2, size: 3 })).toEqual({ bytes: Buffer.from('234') });
    expect(await reader.read({ ...request, offset: 9, size: 1 })).toEqual({ bytes: Buffer.from('9') });
    expect(await reader.read({ ...request, offset: 99, size: 1 })).toEqual({ absent: 'OBJECT_CHANGED' });
  });

  it('says of an object that was deleted or written anew that it is gone', async () => {
    const [deleted, changed] = [await put('deleted', 'x'), await put('changed', 'x')];
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'deleted' }));
    await put('changed', 'y');
    for (const part of [{}, { offset: 0 }]) {
      expect(await reader.read({ ...deleted, ...part })).toEqual({ absent: 'OBJECT_MISSING' });
      expect(await reader.read({ ...changed, ...part })).toEqual({ absent: 'OBJECT_CHANGED' });
    }
  });

  it('fails with the code of S3, naming the key, when the bucket is not there', async () => {
    const read = reader.read({ bucket: 'no-such-bucket', key: 'k', etag: '"e"', size: 1 });
    await expect(read).rejects.toMatchObject({ code: 'NoSuchBucket', source: 'aws' });
    await expect(read).rejects.toThrow('s3://no-such-bucket/k');
  });
});
