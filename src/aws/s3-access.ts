import type { S3Client } from '@aws-sdk/client-s3';
import type { Credentials } from './sigv4/signer.ts';

/** What a reader must know of AWS. */
export type S3Access = {
  readonly region: () => Promise<string>;
  /** Only offline: the URL of the local AWS. */
  readonly endpoint: () => Promise<string | undefined>;
  /** The current ones; with `forceRefresh` new ones, whatever those in the cache say of their age. */
  readonly credentials: (options?: { readonly forceRefresh?: boolean }) => Promise<Credentials>;
};

/** What an S3 client of the SDK uses itself: its region, its endpoint if it was given one, its provider chain. */
export function s3Access({ config }: S3Client): S3Access {
  return {
    region: () => config.region(),
    credentials: (options) => config.credentials(options),
    endpoint: async () => {
      const given = await config.endpoint?.();
      if (given === undefined) return undefined;
      const port = given.port === undefined ? '' : `:${given.port}`;
      return `${given.protocol}//${given.hostname}${port}${given.path}`;
    },
  };
}
