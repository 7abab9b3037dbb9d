import type { ObjectErrorCode } from '../contract/row.ts';
import { FanfleetError } from '../errors.ts';
import { brokenChecksum } from './checksum.ts';
import { badResponse } from './http/response-head.ts';
import type { HttpResponse } from './http/response-reader.ts';
import { objectError } from './object-error.ts';
import { readS3Error } from './s3-error.ts';

export type ReadRequest = {
  readonly bucket: string;
  readonly key: string;
  /** Whether the request says that the requester pays. @default false */
  readonly requesterPays?: boolean;
  /** With its quotes, as S3 gives it. */
  readonly etag: string;
  /** Bytes of the object; of the part, at least 1, if there is an `offset`. */
  readonly size: number;
  /** Where the part begins. @default the whole object is read */
  readonly offset?: number;
};

/** The bytes that were asked for, or why this object has none to give. */
export type ObjectRead = { readonly bytes: Buffer } | { readonly absent: ObjectErrorCode };

const CHANGED: ObjectRead = { absent: 'OBJECT_CHANGED' };
/**
 * What may go better in a moment: throttling (of KMS it comes with status 400), outages, lost connections, damage on
 * the way.
 */
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'BAD_RESPONSE',
  'CHECKSUM_MISMATCH',
  'CONNECTION_LOST',
  'RequestTimeout',
  'SHORT_BODY',
  'SlowDown',
  'TIMEOUT',
  'ThrottlingException',
]);
const STALE_SIGNATURES: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestTimeTooSkewed',
  'TokenRefreshRequired',
]);

/** An answer of S3 with a status that says: not now. */
class Unavailable extends FanfleetError {}

/** An answer with a success and without the bytes that it promises. */
class Unsound extends FanfleetError {}

/** Whether S3 answered, but not with all of what it was asked for: where it does so every time, the object is at fault. */
export function isUnsound(reason: unknown): boolean {
  return reason instanceof Unsound || (reason instanceof FanfleetError && reason.code === 'SHORT_BODY');
}

/** Whether the same request may succeed when it is tried again. */
export function isTransient(error: FanfleetError): boolean {
  return error instanceof Unavailable || TRANSIENT_CODES.has(error.code);
}

/** Whether new credentials, or the right time, may help. */
export function needsFreshSignature(error: FanfleetError): boolean {
  return STALE_SIGNATURES.has(error.code);
}

/**
 * What the answer to a GET means.
 *
 * @throws FanfleetError with S3's code where it refuses more than this object, or `BAD_RESPONSE`, `CHECKSUM_MISMATCH`
 *   where the answer is not what was asked for
 */
export function judge(request: ReadRequest, response: HttpResponse): ObjectRead {
  const { status, body } = response;
  if (status === (request.offset === undefined ? 200 : 206)) return checked(request, response);
  if (status < 300) throw unsound(badResponse('the range', `status ${status}`));
  const absent = objectError(status, readS3Error(status, body));
  if (absent !== undefined) return { absent };
  throw refusal(request.bucket, response);
}

/** What S3 says in an answer whose status is no success. */
export function refusal(bucket: string, response: HttpResponse): FanfleetError {
  const { status, body } = response;
  const { code, message } = readS3Error(status, body);
  if (status < 400) return elsewhere(bucket, response, code);
  const kind = status >= 500 || status === 429 ? Unavailable : FanfleetError;
  return new kind(code, message, { source: 'aws' });
}

function checked(request: ReadRequest, { headers, body }: HttpResponse): ObjectRead {
  const { etag, size, offset } = request;
  const got = headers.get('etag');
  if (got === undefined) throw unsound(badResponse('an ETag', 'none'));
  if (got !== etag) return CHANGED;
  if (offset === undefined) {
    if (body.length !== size) return CHANGED;
    const broken = brokenChecksum(headers, body);
    if (broken === undefined) return { bytes: body };
    const message = `Expected bytes with the ${broken} that S3 sent but got others.`;
    throw new Unsound('CHECKSUM_MISMATCH', message, { source: 'aws' });
  }
  const range = headers.get('content-range') ?? 'no Content-Range';
  const expected = `bytes ${offset}-${offset + size - 1}/`;
  if (!range.startsWith(expected) || body.length !== size) throw unsound(badResponse(`${expected}…`, range));
  return { bytes: body };
}

function unsound({ code, message, source }: FanfleetError): Unsound {
  return new Unsound(code, message.replace(`[${code}] `, ''), { source });
}

function elsewhere(bucket: string, { headers }: HttpResponse, code: string): FanfleetError {
  const region = headers.get('x-amz-bucket-region') ?? 'another region';
  const message = `Expected bucket ${bucket} in the region of this client but S3 has it in ${region}.`;
  return new FanfleetError(code, message, { source: 'user' });
}
