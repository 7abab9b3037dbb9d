import { isUtf8 } from 'node:buffer';

/** The text of a name whose bytes another program chose: of a file, or of a member of a tar. */
export type NameText = {
  readonly text: string;
  /** Whether the name is UTF-8, so that `text` is the name itself and may be the key of an object in S3. */
  readonly exact: boolean;
};

/** The most bytes of a character in UTF-8 (RFC 3629). */
const LONGEST_CHARACTER = 4;

/**
 * A name as text. One in UTF-8 is taken as it is. In any other each byte that belongs to no character is written as
 * `\xNN`, and a backslash as `\x5c`, so that its bytes can be had back: `caf` and the byte E9 is `caf\xe9`.
 */
export function nameText(bytes: Buffer): NameText {
  if (isUtf8(bytes)) return { text: bytes.toString('utf8'), exact: true };
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterAt(bytes, at);
    const character = bytes.toString('utf8', at, at + length);
    text += length === 0 || character === '\\' ? escaped(bytes.readUInt8(at)) : character;
    at += Math.max(length, 1);
  }
  return { text, exact: false };
}

/** How many bytes the character there has, 0 where there is none. */
function characterAt(bytes: Buffer, at: number): number {
  const most = Math.min(LONGEST_CHARACTER, bytes.length - at);
  for (let length = 1; length <= most; length += 1) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}

function escaped(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
