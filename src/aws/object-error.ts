import type { ObjectErrorCode } from '../contract/row.ts';
import type { S3Error } from './s3-error.ts';

/** Statuses that say enough, whatever the code is. */
const BY_STATUS: ReadonlyMap<number, ObjectErrorCode> = new Map([
  [405, 'OBJECT_UNREADABLE'],
  [409, 'OBJECT_UNREADABLE'],
  [410, 'OBJECT_UNREADABLE'],
  [412, 'OBJECT_CHANGED'],
  [416, 'OBJECT_CHANGED'],
  [451, 'OBJECT_UNREADABLE'],
]);

/** `HTTP_…` is an answer without S3's XML, or with a part of it. */
const BY_CODE: ReadonlyMap<string, ObjectErrorCode> = new Map([
  ['NoSuchKey', 'OBJECT_MISSING'],
  ['NoSuchVersion', 'OBJECT_MISSING'],
  ['HTTP_404', 'OBJECT_MISSING'],
  ['InvalidObjectState', 'OBJECT_ARCHIVED'],
  ['AccessDenied', 'OBJECT_DENIED'],
  ['AllAccessDisabled', 'OBJECT_DENIED'],
  ['HTTP_403', 'OBJECT_DENIED'],
  ['KMS.DisabledException', 'OBJECT_KEY_UNUSABLE'],
  ['KMS.InvalidKeyUsageException', 'OBJECT_KEY_UNUSABLE'],
  ['KMS.KMSInvalidStateException', 'OBJECT_KEY_UNUSABLE'],
  ['KMS.NotFoundException', 'OBJECT_KEY_UNUSABLE'],
  ['HTTP_400', 'OBJECT_UNREADABLE'],
]);

/**
 * What S3's refusal of a GET says of the object; undefined where it concerns the request, the credentials, the bucket or
 * S3 itself. The same in ec2-workers/fanfleet/object_error.py.
 *
 * Codes: Amazon S3 API Reference, "Error responses". That of an object with a key of its owner is the general
 * `InvalidRequest`, and only its message says what for.
 */
export function objectError(status: number, { code, message }: S3Error): ObjectErrorCode | undefined {
  if (code === 'InvalidRequest' && /encrypt/i.test(message)) return 'OBJECT_ENCRYPTED';
  return BY_STATUS.get(status) ?? BY_CODE.get(code);
}
