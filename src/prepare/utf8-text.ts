/**
 * A text that a user has written, in UTF-8, without the byte order mark with which some editors and shells begin one: a JSON must not
 * have it (RFC 8259, section 8.1), but may be read all the same.
 */
export function utf8Text(file: Uint8Array): string {
  return new TextDecoder().decode(file);
}
