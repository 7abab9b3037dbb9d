import type { S3ServiceException } from '@aws-sdk/client-s3';
import type { ObjectErrorCode } from '../contract/row.ts';
import { objectError } from './object-error.ts';

/** What the SDK calls an answer without S3's XML, or whose XML has an empty code. */
const NAMELESS: ReadonlySet<string> = new Set([
  '',
  'Error',
  'Forbidden',
  'NotFound',
  'Unknown',
  'UnknownError',
]);

/** `objectError` of what a GET by the SDK threw; undefined where S3 did not refuse the object. */
export function sdkObjectError(reason: unknown): ObjectErrorCode | undefined {
  // What is no XML, as the page of a proxy, is an error of the SDK's parser, which says the status, too.
  if (!(reason instanceof Error && '$metadata' in reason)) return undefined;
  const { name, message, $metadata } = reason as Pick<S3ServiceException, 'name' | 'message' | '$metadata'>;
  const status = $metadata.httpStatusCode ?? 0;
  return objectError(status, { code: NAMELESS.has(name) ? `HTTP_${status}` : name, message });
}
