import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { payer } from './payer.ts';

export interface S3Options {
  readonly credentials?: S3ClientConfig['credentials'];
  readonly region: string;
  /** Only offline: the address of the local AWS. */
  readonly endpoint?: string | undefined;
  /** Whether all its requests say that the requester pays. @default false */
  readonly requesterPays?: boolean;
  /** Most connections at once. The SDK's own default of 50 is less than a fast worker uses. */
  readonly maxSockets?: number;
}

/**
 * An S3 client for many small requests: enough sockets, patient on throttling (503 SlowDown), and path-style
 * addresses offline, where `bucket.127.0.0.1` is no host. Checksums of whole objects are asked for only where S3
 * demands them: the ETag pins the version, and TLS the bytes.
 */
export function createS3(options: S3Options): S3Client {
  const { region, endpoint, credentials, requesterPays = false, maxSockets = 128 } = options;
  const client = new S3Client({
    region,
    // They wait 13 s at most: the SDK's first wait is 50 ms, and each next one up to twice as long.
    maxAttempts: 9,
    retryMode: 'standard',
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 120_000,
      httpAgent: { keepAlive: true, maxSockets },
      httpsAgent: { keepAlive: true, maxSockets },
    },
    ...(credentials === undefined ? {} : { credentials }),
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  });
  // Before the signature, which is over all headers.
  client.middlewareStack.add(
    (next) => async (args) => {
      Object.assign((args.request as { headers: Record<string, string> }).headers, payer(requesterPays));
      return next(args);
    },
    { step: 'build', name: 'requesterPays' },
  );
  return client;
}
