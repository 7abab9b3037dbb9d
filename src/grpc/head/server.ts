import { once } from 'node:events';
import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { requireSecret } from '../authentication.ts';
import type { HeadLocation } from '../head-location.ts';
import { Head } from '../protocol/head_pb.js';
import type { SchedulerOptions } from '../scheduler/options.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { createCertificate } from './certificate.ts';
import { Scaler, type ScalerOptions } from './scaler.ts';
import { HeadService, type KeepSeen } from './service.ts';

export type HeadOptions = {
  /** The address of this host: workers reach it there, and it listens there only. */
  readonly address: string;
  /** @default 0: any free one */
  readonly port?: number;
  readonly secret: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly scheduling?: Partial<SchedulerOptions>;
  /** It must not throw. @default nobody is told */
  readonly keepSeen?: KeepSeen;
  /** How workers are started and let go. @default there are those that come */
  readonly scaling?: Omit<ScalerOptions, 'now'> & { readonly onError: (reason: unknown) => void };
};

export type RunningHead = {
  /** What workers and submitters must be told, by a way that nobody else can write to. */
  readonly location: HeadLocation;
  readonly service: HeadService;
  /** Close all connections, as soon as what is being said on them is said, or after a second. */
  readonly stop: () => Promise<void>;
};

/** How often the head looks for what is overdue. */
const TICK_MS = 250;
/** How long it waits for calls to end. */
const LINGER_MS = 1_000;
/** How often it counts its workers. */
const SCALE_MS = 1_000;

/**
 * Start a head: gRPC over HTTP/2 with TLS, by a certificate that it makes for this life of it alone. Unary calls can be
 * made as POSTs of JSON, too (the Connect protocol), which needs no gRPC.
 *
 * @throws what listening throws, such as EADDRINUSE
 */
export async function startHead(options: HeadOptions): Promise<RunningHead> {
  const { address, port = 0, secret, now, scheduling, scaling, keepSeen } = options;
  const { key, certificate } = createCertificate(address, now());
  const scheduler = new Scheduler(now, scheduling);
  const service = new HeadService(scheduler, keepSeen);
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer(
    { key, cert: certificate, minVersion: 'TLSv1.3', allowHTTP1: true },
    connectNodeAdapter({
      routes: (router) => router.service(Head, service),
      interceptors: [requireSecret(secret)],
      grpcWeb: false,
    }),
  );
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.listen(port, address);
  await once(server, 'listening');
  const ticking = setInterval(() => service.tick(), TICK_MS);
  const scaler = scaling && new Scaler(scheduler, { ...scaling, now });
  const counting = scaler && setInterval(() => scaler.adjust().catch(scaling.onError), SCALE_MS);
  return {
    location: { url: `https://${address}:${(server.address() as AddressInfo).port}`, certificate },
    service,
    stop: async () => {
      clearInterval(ticking);
      clearInterval(counting);
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.close();
      const cutting = setTimeout(() => {
        for (const session of sessions) session.destroy();
      }, LINGER_MS);
      await closed;
      clearTimeout(cutting);
    },
  };
}
