import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SignedRequest, verifySignature } from '../../../localstack/ec2/api/signature.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const KEY = { secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

/** What the signer hashes with: SHA-256, or with a secret its HMAC. */
class Sha256 {
  readonly #hash: { update(data: Uint8Array): unknown; digest(): Uint8Array };

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string);
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {}
}

/** Signed by the library that the AWS SDK signs with. */
async function sign(body: string, query: Record<string, string> = {}): Promise<SignedRequest> {
  const signer = new SignatureV4({
    service: 'ec2',
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKID', ...KEY },
    sha256: Sha256,
  });
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: 'http:',
      hostname: '127.0.0.1',
      port: 4577,
      path: '/',
      query,
      headers: { host: '127.0.0.1:4577', 'x-note': '  two   words ' },
      body,
    },
    { signingDate: new Date(NOW) },
  );
  const search = new URLSearchParams(query).toString();
  return { method: 'POST', url: search === '' ? '/' : `/?${search}`, headers: signed.headers, body };
}

const verify = (request: SignedRequest, changes: Partial<Parameters<typeof verifySignature>[1]> = {}) =>
  verifySignature(request, {
    region: 'us-east-1',
    find: (id) => (id === 'AKID' ? KEY : undefined),
    now: NOW,
    ...changes,
  });
const code = (work: () => void) => {
  try {
    work();
    return 'taken';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('verifySignature', () => {
  it('takes what the SDK signs, whatever is in body and query, and nothing that was changed afterwards', async () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.dictionary(fc.constantFrom('a', 'b', 'é !*'), text, { maxKeys: 2 }),
        async (body, query) => {
          const request = await sign(body, query);
          expect(code(() => verify(request))).toBe('taken');
          expect(code(() => verify({ ...request, body: `${body}x` }))).toBe('SignatureDoesNotMatch');
          expect(code(() => verify({ ...request, url: '/?other=1' }))).toBe('SignatureDoesNotMatch');
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([
    ['AuthFailure', { find: () => undefined }],
    ['AuthFailure', { find: () => ({ ...KEY, sessionToken: 'token' }) }],
    ['SignatureDoesNotMatch', { find: () => ({ secretAccessKey: 'other' }) }],
    ['SignatureDoesNotMatch', { region: 'eu-west-1' }],
    ['RequestExpired', { now: NOW + 901_000 }],
    ['RequestExpired', { now: NOW - 901_000 }],
    ['RequestExpired', { find: () => ({ ...KEY, expiration: new Date(NOW) }) }],
    ['taken', { now: NOW + 899_000 }],
  ])('%s for %o', async (expected, changes) => {
    const request = await sign('Action=DescribeVpcs');
    expect(code(() => verify(request, changes))).toBe(expected);
  });

  it('needs a complete header, the date, and the host among what is signed', async () => {
    const request = await sign('Action=DescribeVpcs');
    const authorization = request.headers.authorization ?? '';
    const withHeaders = (headers: object) => ({ ...request, headers: { ...request.headers, ...headers } });
    expect(code(() => verify(withHeaders({ authorization: undefined })))).toBe('AuthFailure');
    expect(code(() => verify(withHeaders({ authorization: 'Basic eDp5' })))).toBe('IncompleteSignature');
    expect(code(() => verify(withHeaders({ 'x-amz-date': undefined })))).toBe('IncompleteSignature');
    expect(code(() => verify(withHeaders({ 'x-amz-date': '20269921T120000Z' })))).toBe('RequestExpired');
    const without = authorization.replace('host;', '');
    expect(code(() => verify(withHeaders({ authorization: without })))).toBe('SignatureDoesNotMatch');
  });
});
