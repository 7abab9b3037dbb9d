import { FanfleetError } from '../../errors.ts';

export type ResponseHead = {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the connection may carry another request. */
  readonly keepAlive: boolean;
  /** Bytes of the body, or how its end is found where the server did not say. */
  readonly body: number | 'chunked' | 'until-close';
};

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/;

/**
 * Read the head of an HTTP/1.1 response, strictly (RFC 9112): what could be read in two ways is refused.
 *
 * @param text without the empty line that ends it
 * @throws FanfleetError `BAD_RESPONSE`
 */
export function parseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split('\r\n');
  const line = STATUS_LINE.exec(first);
  if (line === null) throw badResponse('an HTTP/1.1 status line', first);
  const status = Number(line[2]);
  const headers = new Map<string, string>();
  for (const field of lines) {
    const [, name, value] = FIELD.exec(field) ?? [];
    if (name === undefined || value === undefined) throw badResponse('a header field', field);
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  const body = bodyLength(status, headers);
  const asked = headers.get('connection')?.toLowerCase();
  const persistent = line[1] === '1' ? asked !== 'close' : asked === 'keep-alive';
  return { status, headers, body, keepAlive: persistent && body !== 'until-close' };
}

function bodyLength(status: number, headers: ReadonlyMap<string, string>): ResponseHead['body'] {
  const coding = headers.get('transfer-encoding');
  const length = headers.get('content-length');
  if (status < 200 || status === 204 || status === 304) return 0;
  if (coding !== undefined) {
    if (length !== undefined) throw badResponse('one of Content-Length and Transfer-Encoding', 'both');
    if (coding.toLowerCase() !== 'chunked') throw badResponse('no transfer coding but chunked', coding);
    return 'chunked';
  }
  if (length === undefined) return 'until-close';
  // A field that came twice has become "5, 5", which is refused too.
  if (!/^\d{1,15}$/.test(length)) throw badResponse('a Content-Length', length);
  return Number(length);
}

export function badResponse(expected: string, got: string): FanfleetError {
  const message = `Expected ${expected} in the response but got ${JSON.stringify(got.slice(0, 100))}.`;
  return new FanfleetError('BAD_RESPONSE', message, { source: 'aws' });
}
