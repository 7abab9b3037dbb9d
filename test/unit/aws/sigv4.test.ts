import { hash } from 'node:crypto';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { encodeKey } from '../../../src/aws/sigv4/canonical-uri.ts';
import { type Credentials, Signer } from '../../../src/aws/sigv4/signer.ts';

type Sent = { readonly path: string; readonly headers: Readonly<Record<string, string>> };

/** What the SDK would send for this GET. */
async function sentBySdk(
  key: string,
  { credentials, region, range }: { credentials: Credentials; region: string; range: string | undefined },
): Promise<Sent> {
  let sent: Sent | undefined;
  const s3 = new S3Client({
    region,
    endpoint: 'http://127.0.0.1:4566',
    forcePathStyle: true,
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
    },
    maxAttempts: 1,
  });
  // Its name of the operation in the query would be signed too; S3 does not ask for it.
  s3.middlewareStack.add(
    (next) => (args) => {
      (args.request as { query: Record<string, string> }).query = {};
      return next(args);
    },
    { step: 'build' },
  );
  s3.middlewareStack.add(
    () => async (args) => {
      sent = args.request as Sent;
      throw new Error('not sent');
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  const command = new GetObjectCommand({ Bucket: 'photos', Key: key, IfMatch: '"etag"', Range: range });
  await expect(s3.send(command)).rejects.toThrow('not sent');
  if (sent === undefined) throw new Error('the SDK did not come to send it');
  return sent;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a signed GET', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter((key) => key.isWellFormed());
  const nasty = fc.constantFrom(
    'a//b',
    './a',
    '../a',
    'a/./b',
    'a/..',
    ' ',
    '+',
    '%20',
    '#?&=',
    `'"()*!~`,
    '🦊',
    '/a/',
  );
  const secret = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 });
  const token = fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{1,80}$/), { nil: undefined });

  it('has the path and the signature of the SDK, whatever the key, the credentials and the time are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(text, nasty), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
        fc.record({
          accessKeyId: fc.stringMatching(/^[A-Z0-9]{3,20}$/),
          secretAccessKey: secret,
          sessionToken: token,
        }),
        fc.constantFrom('us-east-1', 'eu-central-1', 'cn-north-1'),
        fc.option(
          fc.nat().map((from) => `bytes=${from}-${from + 9}`),
          { nil: undefined },
        ),
        fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
        async (key, credentials, region, range, date) => {
          // Prepare
          vi.useFakeTimers({ toFake: ['Date'], now: date });
          const { path, headers } = await sentBySdk(key, { credentials, region, range });
          const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
          const signed = Object.fromEntries(names.map((name) => [name, headers[name] ?? '']));

          // Act
          const ours = `/photos/${encodeKey(key)}`;
          const { authorization } = new Signer(region).sign(ours, signed, credentials, date.getTime());

          // Assess
          expect(ours).toBe(path);
          expect(authorization).toBe(headers.authorization);
          expect(names).toEqual(expect.arrayContaining(['host', 'if-match', ...(range ? ['range'] : [])]));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is signed with the key of its own day and secret, also after others', () => {
    const signer = new Signer('us-east-1');
    const sign = (by: Signer, secretAccessKey: string, day: number) =>
      by.sign('/k', { host: 'h' }, { accessKeyId: 'A', secretAccessKey }, day * 86_400_000);
    const all: [string, number][] = [
      ['s', 1],
      ['s', 2],
      ['t', 2],
      ['s', 1],
    ];
    const fresh = all.map(([secretKey, day]) => sign(new Signer('us-east-1'), secretKey, day));
    expect(all.map(([secretKey, day]) => sign(signer, secretKey, day))).toEqual(fresh);
    expect(new Set(fresh.map(({ authorization }) => authorization)).size).toBe(3);
  });
});

test('a signed PUT is that of the example in the Amazon S3 API Reference', () => {
  const headers = new Signer('us-east-1').sign(
    `/${encodeKey('test$file.text')}`,
    {
      host: 'examplebucket.s3.amazonaws.com',
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    },
    { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    Date.UTC(2013, 4, 24),
    { method: 'PUT', sha256: hash('sha256', 'Welcome to Amazon S3.') },
  );
  expect(headers.authorization).toMatch(
    /Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd$/,
  );
});
