import { afterAll, beforeAll, expect, it } from 'vitest';
import { openObject } from '../../src/aws/object-source.ts';
import { createS3 } from '../../src/aws/s3.ts';
import {
  type Answer,
  given,
  type ObjectServer,
  refused,
  startObjectServer,
} from '../support/object-server.ts';

const BODY = Buffer.from('the bytes of an object');

/** Once it was asked about, another version is there. */
const replaced: Answer = (request, response) => {
  const answer = request.headers['if-match'] === undefined ? given(BODY) : refused(412, 'PreconditionFailed');
  answer(request, response);
};

let server: ObjectServer;
beforeAll(async () => {
  server = await startObjectServer({ body: given(BODY), replaced, empty: refused(416, 'InvalidRange') });
});
afterAll(() => server.stop());

function opened(key: string) {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return openObject(createS3({ region: 'us-east-1', endpoint: server.endpoint, credentials }), 'bucket', key);
}

it('gives the length of an object, and any part of it', async () => {
  const source = await opened('body');
  expect(source.bytes).toBe(BODY.length);
  expect((await source.read(4, 9)).toString()).toBe('bytes');
  expect((await source.read(0, BODY.length)).equals(BODY)).toBe(true);
});

it('reads no other version than that which it opened', async () => {
  const source = await opened('replaced');
  await expect(source.read(0, 4)).rejects.toMatchObject({
    code: 'OBJECT_CHANGED',
    message: expect.stringContaining('Expected s3://bucket/replaced to stay as it was'),
  });
});

it('says of no object, and of an empty one, what S3 says', async () => {
  await expect(opened('none')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  await expect(opened('empty')).rejects.toMatchObject({
    code: 'InvalidRange',
    message: expect.stringContaining('Expected to read s3://bucket/empty but got: [InvalidRange] No.'),
  });
});
