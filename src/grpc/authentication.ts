import { createHash, timingSafeEqual } from 'node:crypto';
import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';

/** Refuses calls without the secret of the fleet as bearer token. It does not tell, by its time, how much of it is right. */
export function requireSecret(secret: string): Interceptor {
  const wanted = digest(`Bearer ${secret}`);
  return (next) => (request) => {
    if (timingSafeEqual(digest(request.header.get('authorization') ?? ''), wanted)) return next(request);
    throw new ConnectError('Expected the secret of this fleet as bearer token.', Code.Unauthenticated);
  };
}

/** Sends the secret with each call. */
export function presentSecret(secret: string): Interceptor {
  return (next) => (request) => {
    request.header.set('authorization', `Bearer ${secret}`);
    return next(request);
  };
}

/** Digests are of one length, as `timingSafeEqual` wants it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
