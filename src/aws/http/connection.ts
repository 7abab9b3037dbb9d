import {
  connect as connectPlain,
  isIP,
  type OnReadOpts,
  type Socket,
  type TcpNetConnectOpts,
} from 'node:net';
import { connect as connectTls } from 'node:tls';
import { FanfleetError } from '../../errors.ts';
import { badResponse } from './response-head.ts';
import { type HttpResponse, ResponseReader } from './response-reader.ts';

export type ConnectionOptions = {
  readonly tls: boolean;
  readonly hostname: string;
  readonly port: number;
  /** Certificates (PEM) to trust instead of Node's own. */
  readonly ca?: string | undefined;
  /** How long opening a connection may take without a sign of life. */
  readonly connectTimeoutMs: number;
  /** How long a server may keep silent in a response. */
  readonly idleTimeoutMs: number;
};

type Exchange = {
  readonly reader: ResponseReader;
  readonly resolve: (response: HttpResponse) => void;
  readonly reject: (reason: unknown) => void;
};

/** Holds the head of an S3 response, and little of the body, since that much has to be copied. */
const SCRATCH_BYTES = 4096;

/**
 * A connection that carries one HTTP/1.1 request after the other. It reads with `onread`, so that the bytes of a body
 * go from the kernel (or TLS) to where they stay: less than half the CPU time of `node:http` and undici (docs/performance.md).
 */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #scratch = Buffer.allocUnsafe(SCRATCH_BYTES);
  readonly #options: ConnectionOptions;
  #exchange: Exchange | undefined;
  #closed = false;

  /** It opens at once; a request may be sent at once, too. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = open(options, {
      buffer: () => this.#exchange?.reader.space() ?? this.#scratch,
      callback: (bytes) => this.#received(bytes),
    });
    this.#socket
      .setTimeout(options.connectTimeoutMs)
      .once(options.tls ? 'secureConnect' : 'connect', () => this.#socket.setTimeout(options.idleTimeoutMs))
      .on('timeout', () => this.#timedOut())
      .on('end', () => this.#ended())
      .on('error', (cause: NodeJS.ErrnoException) => this.#break(lost(options, cause)))
      .on('close', () => this.#break(lost(options)));
  }

  /** Whether it can carry no further request. */
  get closed(): boolean {
    return this.#closed;
  }

  /** An idle connection does not keep the process alive. */
  set idle(idle: boolean) {
    if (idle) this.#socket.unref();
    else this.#socket.ref();
  }

  /**
   * Send a GET, or a PUT if there is something to send, and wait for its response. One at a time.
   *
   * @param headers with `content-length` if there is a body
   * @param limit most bytes of the response's body
   * @throws FanfleetError `CONNECTION_LOST`, `TIMEOUT`, `CERTIFICATE_REFUSED`, or as `ResponseReader` does
   *   (`SHORT_BODY` where a response that has begun is not ended, for whatever reason); the reason of the signal. The
   *   connection is closed then.
   */
  async request(
    path: string,
    headers: Readonly<Record<string, string>>,
    limit: number,
    signal?: AbortSignal,
    body?: Buffer,
  ): Promise<HttpResponse> {
    signal?.throwIfAborted();
    const abort = () => this.#close(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const response = await new Promise<HttpResponse>((resolve, reject) => {
        if (this.#closed) return reject(lost(this.#options));
        this.#exchange = { reader: new ResponseReader(this.#scratch, limit), resolve, reject };
        const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
        const head = `${body === undefined ? 'GET' : 'PUT'} ${path} HTTP/1.1\r\n${fields.join('')}\r\n`;
        this.#socket.write(head, 'latin1');
        if (body !== undefined) this.#socket.write(body);
      });
      if (!response.keepAlive) this.#close(undefined);
      return response;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  close(): void {
    this.#close(lost(this.#options));
  }

  #received(bytes: number): boolean {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#close(badResponse('nothing', 'bytes before a request'));
      return false;
    }
    this.#settle(exchange, () => exchange.reader.advance(bytes));
    return !this.#closed;
  }

  #ended(): void {
    const exchange = this.#exchange;
    if (exchange !== undefined) this.#settle(exchange, () => exchange.reader.end());
    this.#close(undefined);
  }

  #settle(exchange: Exchange, read: () => HttpResponse | undefined): void {
    try {
      const response = read();
      if (response === undefined) return;
      this.#exchange = undefined;
      exchange.resolve(response);
    } catch (reason) {
      this.#close(reason);
    }
  }

  #timedOut(): void {
    const { hostname, port, connectTimeoutMs, idleTimeoutMs } = this.#options;
    const [what, ms] = this.#socket.connecting
      ? ['a connection', connectTimeoutMs]
      : ['bytes', idleTimeoutMs];
    const message = `Expected ${what} from ${hostname}:${port} within ${ms} ms but got none.`;
    this.#break(new FanfleetError('TIMEOUT', message, { source: 'aws' }));
  }

  /** End by a fault of the network, in a response or before it. */
  #break(reason: FanfleetError): void {
    const message = reason.message.replace(`[${reason.code}] `, '');
    const isShort = this.#exchange?.reader.hasHead ?? false;
    this.#close(
      isShort ? new FanfleetError('SHORT_BODY', message, { cause: reason, source: 'aws' }) : reason,
    );
  }

  #close(reason: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#exchange?.reject(reason);
    this.#exchange = undefined;
    this.#socket.destroy();
  }
}

function open({ tls, hostname: host, port, ca }: ConnectionOptions, onread: OnReadOpts): Socket {
  const options: TcpNetConnectOpts = { host, port, noDelay: true, onread };
  // The name that the certificate must have; an address is not sent, but checked all the same.
  return tls
    ? connectTls({ ...options, servername: isIP(host) ? '' : host, ...(ca && { ca }) })
    : connectPlain(options);
}

function lost({ hostname, port }: ConnectionOptions, cause?: NodeJS.ErrnoException): FanfleetError {
  // A system call that failed has an `errno`; what TLS does not like has none, and trying again does not help.
  const refused = cause !== undefined && cause.errno === undefined && cause.code !== 'ECONNRESET';
  return new FanfleetError(
    refused ? 'CERTIFICATE_REFUSED' : 'CONNECTION_LOST',
    `Expected a connection to ${hostname}:${port} but got: ${cause?.message ?? 'it was closed'}.`,
    { cause, source: 'aws' },
  );
}
