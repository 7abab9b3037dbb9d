import { badResponse } from './response-head.ts';

/**
 * Take the chunks of a body apart (RFC 9112, section 7.1).
 *
 * @param bytes what has come so far, from the first chunk on
 * @returns undefined until the last chunk has come
 * @throws FanfleetError `BAD_RESPONSE`
 */
export function joinChunks(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = /^([0-9a-fA-F]{1,8})(?:[ \t]*;.*)?$/.exec(bytes.toString('latin1', at, end))?.[1];
    if (size === undefined) throw badResponse('the size of a chunk', bytes.toString('latin1', at, end));
    const from = end + 2;
    const to = from + Number.parseInt(size, 16);
    // After the last chunk come trailer fields, if any, and an empty line.
    if (to === from) return endsWithEmptyLine(bytes, end) ? Buffer.concat(chunks) : undefined;
    if (bytes.length < to + 2) return undefined;
    if (bytes.toString('latin1', to, to + 2) !== '\r\n') throw badResponse('the end of a chunk', '');
    chunks.push(bytes.subarray(from, to));
    at = to + 2;
  }
}

function endsWithEmptyLine(bytes: Buffer, from: number): boolean {
  return bytes.length >= from + 4 && bytes.toString('latin1', bytes.length - 4) === '\r\n\r\n';
}
