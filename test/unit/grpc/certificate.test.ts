import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { createCertificate } from '../../../src/grpc/head/certificate.ts';
import { der, oid } from '../../../src/grpc/head/der.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');

it('the certificate of a head is its own, for its address, for a week', () => {
  const { key, certificate } = createCertificate('10.77.1.10', NOW);
  const read = new X509Certificate(certificate);

  expect(read.subject).toBe('CN=fanfleet head');
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(read.checkIP('10.77.1.10')).toBe('10.77.1.10');
  expect(read.checkIP('10.77.1.11')).toBeUndefined();
  expect(read.ca).toBe(true);
  expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect([read.validFromDate, read.validToDate].map(Number)).toEqual([
    Date.parse('2026-11-29T11:00:00Z'),
    Date.parse('2026-12-06T12:00:00Z'),
  ]);
  expect(read.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
  expect(new X509Certificate(createCertificate('10.77.1.10', NOW).certificate).serialNumber).not.toBe(
    read.serialNumber,
  );
});

it('DER has long lengths and large numbers in as many bytes as they need', () => {
  expect(der(4, Buffer.alloc(127)).subarray(0, 3)).toEqual(Buffer.from([4, 127, 0]));
  expect(der(4, Buffer.alloc(128)).subarray(0, 3)).toEqual(Buffer.from([4, 0x81, 128]));
  expect(der(4, Buffer.alloc(300)).subarray(0, 4)).toEqual(Buffer.from([4, 0x82, 1, 44]));
  expect(oid('1.2.840.10045.4.3.2').toString('hex')).toBe('06082a8648ce3d040302');
});
