import { S3ServiceException } from '@aws-sdk/client-s3';
import type { ObjectErrorCode } from '../kernel/row.ts';
import { objectError } from './object-error.ts';

/** What the SDK calls an answer without S3's XML. */
const NAMELESS: ReadonlySet<string> = new Set(['Error', 'Forbidden', 'NotFound', 'Unknown', 'UnknownError']);

/** `objectError` of what a GET by the SDK threw; undefined where S3 did not refuse the object. */
export function sdkObjectError(reason: unknown): ObjectErrorCode | undefined {
  if (!(reason instanceof S3ServiceException)) return undefined;
  const { name, message, $metadata } = reason;
  const status = $metadata.httpStatusCode ?? 0;
  return objectError(status, { code: NAMELESS.has(name) ? `HTTP_${status}` : name, message });
}
