import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { bits, der, oid, sequence, TAGS, utcTime } from './der.ts';

/** PEM. The key never leaves the process that made it. */
export type HeadCertificate = { readonly key: string; readonly certificate: string };

const LIFETIME_MS = 7 * 24 * 3600 * 1000;
/** By how much a worker's clock may be behind. */
const CLOCK_SLACK_MS = 3600 * 1000;
const VERSION_3 = Buffer.from([2]);
const TRUE = der(TAGS.boolean, Buffer.from([0xff]));
const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

/**
 * A key on P-256 and a certificate that it signed itself (RFC 5280), for one life of a head. To load a library for it
 * (selfsigned 5.5, with 15 packages) took 70 ms more of the processor, as much as half of all else that a head does before workers can join.
 *
 * @param address at which workers reach the head, of IPv4
 * @param now epoch milliseconds
 */
export function createCertificate(address: string, now: number): HeadCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(
    der(TAGS.set, sequence(oid('2.5.4.3'), der(TAGS.utf8, Buffer.from('fanfleet head')))),
  );
  const signed = sequence(
    tagged(0, der(TAGS.integer, VERSION_3)),
    der(TAGS.integer, serialNumber()),
    ECDSA_SHA256,
    name,
    sequence(utcTime(now - CLOCK_SLACK_MS), utcTime(now + LIFETIME_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions(address))),
  );
  const signature = sign('sha256', signed, privateKey);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pem(sequence(signed, ECDSA_SHA256, bits(signature))),
  };
}

function extensions(address: string): Buffer[] {
  const serverAuthentication = oid('1.3.6.1.5.5.7.3.1');
  // Bits from the first one: digitalSignature is 0, keyCertSign 5; two more are not used.
  const usage = bits(Buffer.from([0b1000_0100]), 2);
  return [
    critical('2.5.29.19', sequence(TRUE)),
    critical('2.5.29.15', usage),
    extension('2.5.29.37', sequence(serverAuthentication)),
    // The alternative name 7 is an address.
    extension('2.5.29.17', sequence(der(0x87, Buffer.from(address.split('.').map(Number))))),
  ];
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(TAGS.octets, value));
}

function critical(id: string, value: Buffer): Buffer {
  return sequence(oid(id), TRUE, der(TAGS.octets, value));
}

function tagged(number: number, value: Buffer): Buffer {
  return der(0xa0 | number, value);
}

/** Positive, and in as few bytes as can be: the first one is neither 0 nor 128 or more. */
function serialNumber(): Buffer {
  const number = randomBytes(16);
  number.writeUInt8((number.readUInt8() & 0x7f) | 0x40);
  return number;
}

function pem(content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
