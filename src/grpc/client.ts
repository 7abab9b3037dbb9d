import { X509Certificate } from 'node:crypto';
import { type Client, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { presentSecret } from './authentication.ts';
import type { HeadLocation } from './head-location.ts';
import { Head } from './protocol/head_pb.js';

export type HeadClient = Client<typeof Head>;

/** A silent head is asked after so long whether it is there, and given up after as long again. */
const PING_MS = 5_000;

/**
 * A client of the head that trusts exactly the certificate at its location. A head that vanishes without closing its
 * connections is noticed by pings.
 *
 * @returns the client, and how to end its connection
 */
export function connectToHead(
  location: HeadLocation,
  secret: string,
): { readonly client: HeadClient; readonly close: () => void } {
  const { fingerprint256 } = new X509Certificate(location.certificate);
  const sessionManager = new Http2SessionManager(
    location.url,
    // Not on idle connections: each has a stream while it is wanted, and one that was closed would be asked on and on.
    { pingIntervalMs: PING_MS, pingTimeoutMs: PING_MS },
    {
      ca: location.certificate,
      checkServerIdentity: (_host, shown) =>
        shown.fingerprint256 === fingerprint256
          ? undefined
          : new Error('Expected the certificate that the head has published but got another.'),
    },
  );
  const transport = createGrpcTransport({
    baseUrl: location.url,
    sessionManager,
    interceptors: [presentSecret(secret)],
  });
  return { client: createClient(Head, transport), close: () => sessionManager.abort() };
}
