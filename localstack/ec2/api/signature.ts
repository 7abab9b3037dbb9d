import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Ec2Error } from './ec2-error.ts';

/** A request as it came, its body as text. */
export interface SignedRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What a caller signs with; `sessionToken` and `expiration` where it is temporary. */
export interface AccessKey {
  secretAccessKey: string;
  sessionToken?: string | undefined;
  expiration?: Date | undefined;
}

export interface Verification {
  region: string;
  /** The key of an access key id. */
  find: (accessKeyId: string) => AccessKey | undefined;
  /** Epoch milliseconds. */
  now: number;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/([0-9]{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, *SignedHeaders=([a-z0-9;-]+), *Signature=([0-9a-f]{64})$/;
const STAMP = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;
/** How far the caller's clock may be off, as in AWS. */
const CLOCK_SKEW_MS = 15 * 60_000;

/**
 * Check the AWS Signature Version 4 of a request.
 * Source: IAM User Guide, "Create a signed AWS API request".
 *
 * @throws Ec2Error `AuthFailure` for no or an unknown key, `IncompleteSignature`, `RequestExpired` for a wrong date or a
 *   key that has expired, `SignatureDoesNotMatch`
 */
export function verifySignature(request: SignedRequest, { region, find, now }: Verification): void {
  const { authorization, 'x-amz-date': date, 'x-amz-security-token': token } = request.headers;
  if (authorization === undefined) throw unknownCaller();
  const parts = AUTHORIZATION.exec(authorization);
  const stamp = STAMP.exec(String(date ?? ''));
  if (parts === null || stamp === null) {
    throw new Ec2Error('IncompleteSignature', 'The request signature does not conform to AWS standards.');
  }
  const [, keyId = '', day = '', scopeRegion = '', service = '', signedHeaders = '', signature = ''] = parts;
  const key = find(keyId);
  if (key === undefined || (key.sessionToken !== undefined && key.sessionToken !== token)) {
    throw unknownCaller();
  }
  checkDate(stamp, key, now);
  if (day !== stamp[0].slice(0, 8) || scopeRegion !== region || service !== 'ec2') {
    throw mismatch(
      `Credential should be scoped to ${stamp[0].slice(0, 8)}/${region}/ec2, not ${day}/${scopeRegion}/${service}.`,
    );
  }
  const names = signedHeaders.split(';');
  if (!names.includes('host')) throw mismatch("The 'host' header must be signed.");
  const scope = [day, scopeRegion, service, 'aws4_request'];
  const toSign = ['AWS4-HMAC-SHA256', stamp[0], scope.join('/'), sha256(canonical(request, names))].join(
    '\n',
  );
  const signingKey = scope.reduce(
    (secret: string | Buffer, part) => hmac(secret, part),
    `AWS4${key.secretAccessKey}`,
  );
  if (!timingSafeEqual(hmac(signingKey, toSign), Buffer.from(signature, 'hex'))) {
    throw mismatch(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
}

function checkDate(stamp: RegExpExecArray, { expiration }: AccessKey, now: number): void {
  const [, year, month, day, hour, minute, second] = stamp;
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Also false for a date that does not exist.
  const near = Math.abs(signedAt - now) <= CLOCK_SKEW_MS;
  if (near && (expiration === undefined || expiration.getTime() > now)) return;
  throw new Ec2Error('RequestExpired', 'Request has expired.');
}

function canonical({ method, url, headers, body }: SignedRequest, names: readonly string[]): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const query = [...searchParams].map((pair) => pair.map(encode).join('=')).sort();
  const lines = names.map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replace(/ +/g, ' ')}`,
  );
  return [method, pathname, query.join('&'), ...lines, '', names.join(';'), sha256(body)].join('\n');
}

/** RFC 3986: encodeURIComponent leaves five characters more. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function unknownCaller(): Ec2Error {
  return new Ec2Error('AuthFailure', 'AWS was not able to validate the provided access credentials', 401);
}

function mismatch(detail: string): Ec2Error {
  return new Ec2Error('SignatureDoesNotMatch', detail, 403);
}
