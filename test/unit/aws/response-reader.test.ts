import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HttpResponse, ResponseReader } from '../../../src/aws/http/response-reader.ts';

const head = (...lines: string[]) => `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

/** Feed bytes as a socket would: at most `most` at a time, never more than there is space for. */
function feed(reader: ResponseReader, bytes: Buffer, most: () => number): HttpResponse | undefined {
  for (let at = 0; at < bytes.length; ) {
    const space = reader.space();
    expect(space.length).toBeGreaterThan(0);
    const count = bytes.copy(space, 0, at, Math.min(bytes.length, at + most()));
    at += count;
    const response = reader.advance(count);
    if (response !== undefined) {
      expect(at).toBe(bytes.length);
      return response;
    }
  }
  return undefined;
}

function readAll(text: string | Buffer, limit = 1_000_000, scratch = 4096): HttpResponse | undefined {
  return feed(new ResponseReader(Buffer.alloc(scratch), limit), Buffer.from(text), () => 4096);
}

describe('ResponseReader', () => {
  it('gives the same response however the bytes come, from the smallest buffer on', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3_000 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 200 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 700 })),
        (bytes, isChunked, scratch, cuts) => {
          const body = Buffer.from(bytes);
          const cut = Math.floor(body.length / 3);
          const sized = Buffer.concat([Buffer.from(head(`Content-Length: ${body.length}`)), body]);
          const chunked = Buffer.concat([
            Buffer.from(head('Transfer-Encoding: chunked')),
            ...[body.subarray(0, cut), body.subarray(cut)]
              .filter(({ length }) => length > 0)
              .flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]),
            Buffer.from('0\r\n\r\n'),
          ]);
          const reader = new ResponseReader(Buffer.alloc(scratch), 3_000);
          const response = feed(reader, isChunked ? chunked : sized, () => cuts.next().value);
          expect(response?.status).toBe(200);
          expect(response?.keepAlive).toBe(true);
          expect(response?.body.equals(body)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('passes over interim responses', () => {
    const response = readAll(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${head('Content-Length: 2')}ok`,
    );
    expect(response?.body.toString()).toBe('ok');
  });

  it('needs no body where there is none', () => {
    expect(readAll('HTTP/1.1 204 No Content\r\n\r\n')?.body).toHaveLength(0);
    expect(readAll(head('Content-Length: 0'))?.body).toHaveLength(0);
  });

  it('finds headers by name in lower case, without the space around their values', () => {
    const { headers } = readAll(head('ETag:   "a b" \t', 'X-Empty:', 'Content-Length: 0')) ?? {};
    expect([headers?.get('etag'), headers?.get('x-empty')]).toEqual(['"a b"', '']);
  });

  it.each([
    ['HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', true],
  ])('tells whether the connection stays: %j', (text, keepAlive) => {
    expect(readAll(text)?.keepAlive).toBe(keepAlive);
  });

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['a folded header', head('A: b', ' c', 'Content-Length: 0')],
    ['a space before the colon', head('Content-Length : 0')],
    ['two lengths', head('Content-Length: 1', 'Content-Length: 2')],
    ['a length that is none', head('Content-Length: -1')],
    ['a length with a sign', head('Content-Length: +1')],
    ['a length and chunks', head('Content-Length: 1', 'Transfer-Encoding: chunked')],
    ['another coding', head('Transfer-Encoding: gzip, chunked')],
    ['more than the body', `${head('Content-Length: 1')}ab`],
    ['a chunk without a size', `${head('Transfer-Encoding: chunked')}xyz\r\n`],
    ['a chunk longer than it says', `${head('Transfer-Encoding: chunked')}1\r\nabc\r\n`],
    ['an endless head', head(`A: ${'x'.repeat(70_000)}`)],
    ['an endless body without a length', `${head('Connection: close')}${'x'.repeat(70_000)}`],
  ])('refuses %s', (_, text) => {
    expect(() => readAll(text)).toThrow('[BAD_RESPONSE]');
  });

  it('refuses a body over the limit before it takes memory for it', () => {
    expect(() => readAll(head('Content-Length: 999999999999'), 100)).toThrow('[BODY_TOO_LARGE]');
  });

  it('takes a body without a length as whole when the connection ends', () => {
    const reader = new ResponseReader(Buffer.alloc(4096), 100);
    expect(feed(reader, Buffer.from(`${head('Server: x')}all of it`), () => 7)).toBeUndefined();
    expect(reader.end()).toMatchObject({ keepAlive: false, body: Buffer.from('all of it') });
  });

  it.each([
    ['', 'CONNECTION_LOST'],
    ['HTTP/1.1 200 OK\r\nContent-', 'CONNECTION_LOST'],
    [`${head('Content-Length: 9')}short`, 'SHORT_BODY'],
    [`${head('Transfer-Encoding: chunked')}5\r\nhello\r\n`, 'SHORT_BODY'],
  ])('says what is missing when the connection ends after %j', (text, code) => {
    const reader = new ResponseReader(Buffer.alloc(4096), 100);
    feed(reader, Buffer.from(text), () => 4096);
    expect(() => reader.end()).toThrow(`[${code}]`);
  });
});
