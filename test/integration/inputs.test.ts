import { hash } from 'node:crypto';
import { CreateBucketCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { s3Access } from '../../src/aws/s3-access.ts';
import { S3Requests } from '../../src/aws/s3-requests.ts';
import { layout } from '../../src/contract/layout.ts';
import { InputFiles } from '../../src/worker/inputs.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';

const RUNS = 'input-runs';

let emulator: Emulator;
let store: ObjectStore;
let requests: S3Requests;

beforeAll(async () => {
  emulator = await startEmulator();
  await emulator.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  store = new ObjectStore(emulator.s3, RUNS);
  requests = new S3Requests(s3Access(emulator.s3), { tries: 1 });
});
afterAll(async () => {
  requests?.close();
  await emulator?.stop();
});

const run = (runId: string) => ({ runsBucket: RUNS, runId });

/** Prepare a run by hand. */
async function prepare(runId: string, body: Buffer): Promise<void> {
  const key = layout.inputFile(runId, 'training.bin');
  await store.put(key, body, 'application/octet-stream');
  const training = { key, sha256: hash('sha256', body, 'hex'), bytes: body.length };
  await store.putJson(layout.inputs(runId), { training, notes: [] });
}

async function remove(key: string): Promise<void> {
  await emulator.s3.send(new DeleteObjectCommand({ Bucket: RUNS, Key: key }));
}

describe('the inputs of runs', () => {
  it('are read once, however many ask for them', async () => {
    await prepare('once', Buffer.from('a set'));
    const files = new InputFiles(requests);
    const first = await Promise.all([1, 2, 3].map(() => files.of(run('once'), ['training'])));
    await remove(layout.inputs('once'));
    await remove(layout.inputFile('once', 'training.bin'));
    const later = await files.of(run('once'), ['training']);
    expect(later.get('training')?.toString()).toBe('a set');
    for (const inputs of first) expect(inputs.get('training')).toBe(later.get('training'));
  });

  it('are not read again for another run with the same', async () => {
    await prepare('one', Buffer.from('the same set'));
    await prepare('other', Buffer.from('the same set'));
    const files = new InputFiles(requests);
    const one = await files.of(run('one'), ['training']);
    await remove(layout.inputFile('other', 'training.bin'));
    expect((await files.of(run('other'), ['training'])).get('training')).toBe(one.get('training'));
  });

  it.each([
    [
      'others of the same length',
      'A SET',
      /Expected SHA-256 [0-9a-f]{64} of s3:\/\/input-runs\/.* but its 5 bytes/,
    ],
    ['fewer', 'a', /but its 1 bytes have/],
    ['many more', 'a set'.repeat(50_000), /Expected the 5 bytes that were prepared of .* but it has more/],
  ])('are damaged with %s', async (name, body, words) => {
    await prepare(name, Buffer.from('a set'));
    await store.put(layout.inputFile(name, 'training.bin'), body, 'application/octet-stream');
    const files = new InputFiles(requests);
    await expect(files.of(run(name), ['training'])).rejects.toMatchObject({
      code: 'INPUT_DAMAGED',
      message: expect.stringMatching(words),
    });
    // Whoever asks next has it read again.
    await prepare(name, Buffer.from('a set'));
    expect((await files.of(run(name), ['training'])).get('training')?.toString()).toBe('a set');
  });

  it('are missing where nobody prepared them, and nothing is asked for where none is needed', async () => {
    const files = new InputFiles(requests);
    await expect(files.of(run('never'), ['training'])).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    expect((await files.of(run('never'), [])).size).toBe(0);
    await store.putJson(layout.inputs('odd'), { notes: [] });
    await expect(files.of(run('odd'), ['training'])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
