import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isTransient, judge, needsFreshSignature } from '../../../src/aws/object-response.ts';
import { IMAGE_ERRORS } from '../../../src/contract/row.ts';
import type { FanfleetError } from '../../../src/errors.ts';
import refusals from '../../fixtures/s3-refusals.json' with { type: 'json' };

const BODY = Buffer.from('body');
const WHOLE = { bucket: 'b', key: 'k', etag: '"e"', size: 4 };
const PART = { ...WHOLE, offset: 10 };

const answer = (status: number, headers: Record<string, string> = {}, body: Buffer | string = BODY) => ({
  status,
  headers: new Map(Object.entries({ etag: '"e"', ...headers })),
  body: Buffer.from(body),
  keepAlive: true,
});

const refusal = (code: string, message = 'No.') =>
  `<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;

function thrown(run: () => unknown): FanfleetError {
  try {
    run();
  } catch (error) {
    return error as FanfleetError;
  }
  throw new Error('nothing was thrown');
}

const crc = Buffer.alloc(4);
crc.writeUInt32BE(crc32(BODY));

describe('judge', () => {
  it('gives the bytes of a whole object and of a part', () => {
    expect(judge(WHOLE, answer(200))).toEqual({ bytes: BODY });
    expect(judge(PART, answer(206, { 'content-range': 'bytes 10-13/99' }))).toEqual({ bytes: BODY });
  });

  it.each([
    ['another ETag', answer(200, { etag: '"f"' })],
    ['another size', answer(200, {}, 'bod')],
    ['a failed condition', answer(412, {}, refusal('PreconditionFailed'))],
    ['a range that is not there', answer(416, {}, refusal('InvalidRange'))],
  ])('takes %s for a changed object', (_, response) => {
    expect(judge(WHOLE, response)).toEqual({ absent: 'OBJECT_CHANGED' });
  });

  it.each(refusals)('tells what $status $code says of the object: $error', (refused) => {
    const { status, code, message = 'No.', error } = refused;
    const response = answer(status, {}, code === null ? '' : refusal(code, message));
    if (error === null) expect(thrown(() => judge(WHOLE, response)).code).toBe(code);
    else expect(judge(WHOLE, response)).toEqual({ absent: error });
    if (error !== null) expect(IMAGE_ERRORS).toHaveProperty(error);
  });

  it('tells an object that is missing from a bucket that is', () => {
    expect(judge(WHOLE, answer(404, {}, refusal('NoSuchKey')))).toEqual({ absent: 'OBJECT_MISSING' });
    expect(thrown(() => judge(WHOLE, answer(404, {}, refusal('NoSuchBucket')))).code).toBe('NoSuchBucket');
  });

  it.each([
    ['x-amz-checksum-crc32', crc.toString('base64')],
    ['x-amz-checksum-sha256', hash('sha256', BODY, 'base64')],
    ['x-amz-checksum-sha1', hash('sha1', BODY, 'base64')],
  ])('checks %s', (header, sum) => {
    expect(judge(WHOLE, answer(200, { [header]: sum }))).toEqual({ bytes: BODY });
    const damaged = thrown(() => judge(WHOLE, answer(200, { [header]: sum }, 'bodi')));
    expect([damaged.code, isTransient(damaged)]).toEqual(['CHECKSUM_MISMATCH', true]);
    expect(damaged.message).toContain(header);
  });

  it.each([
    ['of parts', { 'x-amz-checksum-crc32': 'AAAAAA==-3' }],
    ['said to be of parts', { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-type': 'COMPOSITE' }],
    ['of a kind that is not computed', { 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' }],
  ])('passes over a checksum %s', (_, headers) => {
    expect(judge(WHOLE, answer(200, headers))).toEqual({ bytes: BODY });
  });

  it.each([
    ['the whole object', PART, answer(200)],
    ['another range', PART, answer(206, { 'content-range': 'bytes 0-3/99' })],
    ['no range', PART, answer(206)],
    ['less than its range', PART, answer(206, { 'content-range': 'bytes 10-13/99' }, 'bod')],
    ['a part that was not asked for', WHOLE, answer(206)],
    ['no ETag', WHOLE, { ...answer(200), headers: new Map<string, string>() }],
  ])('tries again when the answer has %s', (_, request, response) => {
    const error = thrown(() => judge(request, response));
    expect([error.code, isTransient(error)]).toEqual(['BAD_RESPONSE', true]);
  });

  it.each([
    [500, 'InternalError', true, false],
    [503, 'SlowDown', true, false],
    [429, 'TooManyRequests', true, false],
    [400, 'RequestTimeout', true, false],
    [400, 'ExpiredToken', false, true],
    [403, 'RequestTimeTooSkewed', false, true],
    [400, 'ThrottlingException', true, false],
    [403, 'SignatureDoesNotMatch', false, false],
  ])('of %i %s: transient %s, needs a fresh signature %s', (status, code, transient, fresh) => {
    const error = thrown(() => judge(WHOLE, answer(status, {}, refusal(code, 'Of &lt;you&gt; &amp; me.'))));
    expect(error).toMatchObject({ code, source: 'aws', message: `[${code}] Of <you> & me.` });
    expect([isTransient(error), needsFreshSignature(error)]).toEqual([transient, fresh]);
  });

  it('names an error of a server that is not S3 after its status', () => {
    const error = thrown(() => judge(WHOLE, answer(502, {}, '<html>Bad gateway</html>')));
    expect([error.code, isTransient(error)]).toEqual(['HTTP_502', true]);
  });

  it.each([301, 307])('says where the bucket is when S3 sends elsewhere with %i', (status) => {
    const headers = { 'x-amz-bucket-region': 'eu-west-1' };
    const error = thrown(() => judge(WHOLE, answer(status, headers, refusal('PermanentRedirect'))));
    expect(error).toMatchObject({ code: 'PermanentRedirect', source: 'user' });
    expect(error.message).toContain('bucket b');
    expect(error.message).toContain('eu-west-1');
    expect(isTransient(error)).toBe(false);
  });
});
