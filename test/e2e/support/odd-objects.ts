import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { ROOT } from '../../../scripts/own-stack/cli.ts';
import type { ImageErrorCode } from '../../../src/contract/row.ts';
import { compareKeys } from '../../../src/dataset/order.ts';
import { tarOf } from '../../../src/dataset/shards/tar-writer.ts';
import { openForeignBucket } from '../../support/foreign-bucket.ts';
import { paxEntry, tarEntry } from '../../support/tars.ts';

/** With its key, S3 encrypts an object, and then forgets it. */
const OWN_KEY = Buffer.alloc(32, 7);

type OddObject = {
  /** A file of test/fixtures/odd_images.py, or the bytes themselves. @default a good image */
  readonly from?: string | Buffer;
  readonly put?: Partial<PutObjectCommandInput>;
  /** The code of its row; null for one that is measured, and nothing for one that has no row. */
  readonly row?: ImageErrorCode | null;
  readonly denied?: true;
};

const OBJECTS: Readonly<Record<string, OddObject>> = {
  'archived-deep.jpg': { put: { StorageClass: 'DEEP_ARCHIVE' }, row: 'OBJECT_ARCHIVED' },
  'archived.png': { put: { StorageClass: 'GLACIER' }, row: 'OBJECT_ARCHIVED' },
  'archived.tar': { put: { StorageClass: 'GLACIER' }, row: 'OBJECT_ARCHIVED' },
  'cold.png': { put: { StorageClass: 'GLACIER_IR' }, row: null },
  'damaged.jpg': { from: 'cut-in-scan.jpg', row: 'DECODE_FAILED' },
  'denied.png': { row: 'OBJECT_DENIED', denied: true },
  'denied.tar': { row: 'OBJECT_DENIED', denied: true },
  'empty.gif': { from: Buffer.alloc(0), row: 'EMPTY_OBJECT' },
  'encrypted.png': {
    put: {
      SSECustomerAlgorithm: 'AES256',
      SSECustomerKey: OWN_KEY.toString('base64'),
      SSECustomerKeyMD5: hash('md5', OWN_KEY, 'base64'),
    },
    row: 'OBJECT_ENCRYPTED',
  },
  'good.png': { row: null },
  'grey-16-bit.png': { from: 'grey-16-bit.png', row: null },
  'hidden-alpha.webp': { from: 'alpha-behind-flags-08.webp', row: null },
  'notes.txt': { from: Buffer.from('no image') },
  'text.png': { from: 'text.jpg', row: 'NOT_AN_IMAGE' },
};

/** Tars as other programs write them, and some that they do not finish; each is given the bytes of a good image. */
const TARS: Readonly<Record<string, (image: Buffer) => Buffer>> = {
  'a.tar': (image) =>
    Buffer.concat([
      tarEntry('odd/in-a.png', image),
      tarEntry('odd/in-a-copy.png', '', { type: '1', link: 'odd/in-a.png' }),
      tarEntry(Buffer.from('odd/in-a-caf\xe9.png', 'latin1'), image),
      tarEntry(Buffer.from('odd/in-a-caf\xe9.txt', 'latin1'), 'a caption'),
      paxEntry([['GNU.sparse.major', '1']]),
      tarEntry('odd/in-a-hole.png', image),
      Buffer.alloc(1024),
      // Behind its end another one, as `cat` joins them.
      tarOf([['odd/in-a-joined.png', image]]),
    ]),
  'b.tar': (image) => tarOf([['odd/in-b.png', image]]).subarray(0, -1024),
  'c.tar': (image) => gzipSync(tarOf([['odd/in-c.png', image]])),
};

const TAR_ROWS: readonly (readonly [name: string, row: ImageErrorCode | null])[] = [
  ['b.tar', 'SHARD_DAMAGED'],
  ['c.tar', 'SHARD_COMPRESSED'],
  ['in-a-caf\\xe9.png', 'NAME_NOT_UTF8'],
  ['in-a-copy.png', null],
  ['in-a-hole.png', 'SHARD_MEMBER_SPARSE'],
  ['in-a-joined.png', null],
  ['in-a.png', null],
  ['in-b.png', null],
];

export type OddBucket = {
  readonly bucket: string;
  readonly prefix: string;
  /** Key and code of each row, in their order. */
  readonly rows: readonly (readonly [key: string, code: ImageErrorCode | null])[];
  readonly close: () => void;
};

/**
 * One of every odd object at once, in a bucket of another account whose requester pays.
 *
 * @param client where the offline AWS is
 */
export async function putOddObjects(client: { endpoint: string; region: string }): Promise<OddBucket> {
  const folder = await mkdtemp(join(tmpdir(), 'fanfleet-odd-objects-'));
  try {
    await promisify(execFile)(`${ROOT}/.venv/bin/python`, [`${ROOT}/test/fixtures/odd_images.py`, folder]);
    const prefix = 'odd/';
    const denied = Object.entries(OBJECTS).flatMap(([name, object]) => (object.denied ? prefix + name : []));
    const foreign = await openForeignBucket(client, 'odd-objects', { denied, requesterPays: true });
    const bytesOf = async (from: string | Buffer) =>
      typeof from === 'string' ? readFile(join(folder, from)) : from;
    for (const [name, { from = 'rgb.png', put = {} }] of Object.entries(OBJECTS)) {
      await foreign.put(prefix + name, await bytesOf(from), put);
    }
    const good = await bytesOf('rgb.png');
    for (const [name, tar] of Object.entries(TARS)) await foreign.put(prefix + name, tar(good));
    const rows = [...Object.entries(OBJECTS).map(([name, { row }]) => [name, row] as const), ...TAR_ROWS]
      .flatMap(([name, row]) => (row === undefined ? [] : [[prefix + name, row] as const]))
      .sort(([a], [b]) => compareKeys(a, b));
    return { bucket: foreign.bucket, prefix, rows, close: foreign.close };
  } finally {
    await rm(folder, { recursive: true });
  }
}
