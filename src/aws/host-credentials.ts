import { doesIdentityRequireRefresh, isIdentityExpired, memoizeIdentityProvider } from '@smithy/core';
import { fromInstanceMetadata } from '@smithy/credential-provider-imds';
import { FanfleetError } from '../errors.ts';
import { type Backoff, backOff } from './backoff.ts';
import type { S3Access } from './s3-access.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const OF_ROLE = { timeout: 5_000, maxRetries: 5, ec2MetadataV1Disabled: true };
/** A host that is still booting may not be heard at once. The provider asks for its token a single time. */
const TRIES = 5;

/**
 * The credentials of a host of a fleet: those in its environment, else those of its instance's role, by the metadata service,
 * version 2. The SDK's whole chain asks at many more places, and takes as long to load as all else that a worker does before it joins.
 *
 * @throws FanfleetError `NO_CREDENTIALS`
 */
export function hostCredentials(env: Environment, backoff: Backoff = {}): S3Access['credentials'] {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const { AWS_SESSION_TOKEN: sessionToken } = env;
    return async () => ({ accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) });
  }
  let provider = fromInstanceMetadata(OF_ROLE);
  const ofRole = async () => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await provider();
      } catch (cause) {
        if (tries === TRIES) {
          const message = `Expected credentials of the instance's role but got: ${FanfleetError.from(cause).message}`;
          throw new FanfleetError('NO_CREDENTIALS', message, { cause, source: 'aws' });
        }
        // One that was refused a token does not ask for it again.
        provider = fromInstanceMetadata(OF_ROLE);
        await backOff(tries, backoff);
      }
    }
  };
  return memoizeIdentityProvider(ofRole, isIdentityExpired, doesIdentityRequireRefresh) ?? ofRole;
}
