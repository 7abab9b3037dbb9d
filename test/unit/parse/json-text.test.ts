import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { ObjectFiles } from '../../../src/aws/object-files.ts';
import { ObjectStore } from '../../../src/aws/object-store.ts';
import type { S3Requests } from '../../../src/aws/s3-requests.ts';
import { parseJsonText } from '../../../src/json-text.ts';

describe('parseJsonText', () => {
  it('gives what the text says, of bytes as UTF-8', () => {
    expect(parseJsonText('{"a":[1,null]}', 'x')).toEqual({ a: [1, null] });
    expect(parseJsonText(Buffer.from('"é"'), 'x')).toBe('é');
  });

  it.each(['', '{"batches":', '<Error/>'])('names where %j is, which is no JSON', (text) => {
    expect(() => parseJsonText(text, 's3://b/plan.json')).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: expect.stringMatching(
          /^\[INVALID_INPUT\] s3:\/\/b\/plan\.json is not valid\. Expected JSON but found none: .+\.$/,
        ),
      }),
    );
  });
});

describe('getJson', () => {
  const cut = '{"batches":';
  const byClient = { send: async () => ({ Body: { transformToByteArray: async () => Buffer.from(cut) } }) };
  const byRequests = { send: async () => Buffer.from(cut) };

  it.each([
    ['ObjectStore', new ObjectStore(byClient as unknown as S3Client, 'runs')],
    ['ObjectFiles', new ObjectFiles(byRequests as unknown as S3Requests, 'runs')],
  ])('of %s names the object that was cut', async (_, store) => {
    await expect(store.getJson('runs/r/plan.json')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(
        /^\[INVALID_INPUT\] s3:\/\/runs\/runs\/r\/plan\.json is not valid\. Expected JSON/,
      ),
    });
  });
});
