import { generate } from 'selfsigned';

/** PEM. The key never leaves the process that made it. */
export type HeadCertificate = { readonly key: string; readonly certificate: string };

const LIFETIME_MS = 7 * 24 * 3600 * 1000;
/** By how much a worker's clock may be behind. */
const CLOCK_SLACK_MS = 3600 * 1000;

/**
 * A key on P-256 and a certificate that it signed itself, for one life of a head.
 *
 * @param address at which workers reach the head
 * @param now epoch milliseconds
 */
export async function createCertificate(address: string, now: number): Promise<HeadCertificate> {
  const made = await generate([{ name: 'commonName', value: 'fanfleet head' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - CLOCK_SLACK_MS),
    notAfterDate: new Date(now + LIFETIME_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: address }] },
    ],
  });
  return { key: made.private, certificate: made.cert };
}
