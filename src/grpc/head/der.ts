/** Values of ASN.1 in DER (ITU-T X.690), as far as a certificate needs them. */

export const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const;

export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const short = content.length < 0x80;
  const size = content.length.toString(16);
  const bytes = Buffer.from(size.length % 2 === 0 ? size : `0${size}`, 'hex');
  const length = short ? Buffer.from([content.length]) : Buffer.from([0x80 | bytes.length, ...bytes]);
  return Buffer.concat([Buffer.from([tag]), length, content]);
}

export function sequence(...values: readonly Uint8Array[]): Buffer {
  return der(TAGS.sequence, ...values);
}

/** `1.2.840.10045.4.3.2`; its first two numbers are one byte. */
export function oid(name: string): Buffer {
  const [first = 0, second = 0, ...others] = name.split('.').map(Number);
  return der(TAGS.oid, Buffer.from([40 * first + second, ...others.flatMap(base128)]));
}

/** A bit string of whole bytes, or with bits at its end that do not count. */
export function bits(content: Uint8Array, unused = 0): Buffer {
  return der(TAGS.bits, Buffer.from([unused]), content);
}

/** To a second; until 2049, as RFC 5280 has it. */
export function utcTime(epochMs: number): Buffer {
  const digits = new Date(epochMs).toISOString().slice(2, 19).replaceAll(/\D/g, '');
  return der(TAGS.utcTime, Buffer.from(`${digits}Z`));
}

/** Seven bits a byte, the highest first; all but the last byte have their top bit set. */
function base128(value: number): number[] {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift((rest % 128) | 0x80);
  return digits;
}
