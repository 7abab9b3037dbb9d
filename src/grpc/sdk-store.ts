import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { ObjectStore } from '../aws/object-store.ts';
import { createS3 } from '../aws/s3.ts';

/** The SDK asks the metadata service once, for a second: too little on a host that is still booting. */
const METADATA = { timeout: 5_000, maxRetries: 5 };

/** The objects of a bucket by the SDK, for what our own requests cannot do, such as lists: loaded where one is needed. */
export function sdkStore(
  bucket: string,
  { region, endpoint }: { readonly region: string; readonly endpoint: string | undefined },
): ObjectStore {
  return new ObjectStore(createS3({ region, endpoint, credentials: defaultProvider(METADATA) }), bucket);
}
