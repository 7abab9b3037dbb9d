import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Server, Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { AwsFault } from '../host-control.ts';
import { HeldCalls } from './held-calls.ts';

export interface AwsProxyOptions {
  /** The emulator, on the machine. */
  aws: URL;
  /** The EC2 endpoint, on the machine. */
  ec2: URL;
  /** Epoch milliseconds. */
  now: () => number;
}

/** The service that a call is signed for: in its header, or in the address of a presigned one. */
const SIGNED_FOR = /\/([a-z0-9-]+)\/aws4_request/;
/** Less than a server waits for the next call on a connection, so that none is sent into one that just closes. */
const IDLE_MS = 1_000;
const SLOW_DOWN =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';

/**
 * What hosts reach of the machine: AWS, and nothing else. It hands each call on as it is, to the EC2 endpoint if it is
 * signed for EC2; and it can fail, or make a host wait, on purpose.
 */
export class AwsProxy {
  readonly #options: AwsProxyOptions;
  readonly #agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  readonly #server = createServer((request, response) => this.#serve(request, response));
  readonly #sockets = new Set<Socket>();
  readonly #held = new HeldCalls();
  #fault: AwsFault['fault'] = null;
  #faultEnds = 0;

  constructor(options: AwsProxyOptions) {
    this.#options = options;
    this.#server.keepAliveTimeout = 0;
  }

  /** Serve what this server accepts. */
  attach(server: Server): void {
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      // Whoever breaks it, there is nobody to tell.
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
      // Not before the call: a connection that is reset while it is being made is another error to its maker.
      if (this.#faultNow() === 'reset') socket.once('data', () => socket.resetAndDestroy());
      else this.#server.emit('connection', socket.setNoDelay(true));
    });
  }

  setFault({ fault, seconds }: AwsFault): void {
    this.#fault = fault;
    this.#faultEnds = this.#options.now() + seconds * 1_000;
    if (fault === 'reset') for (const socket of this.#sockets) socket.resetAndDestroy();
    if (fault !== null) this.#held.letAllGo();
  }

  /** Answer no call of this host to a path that matches, until another hold, or none, takes its place. */
  hold(address: string, paths: RegExp | null): void {
    this.#held.hold(address, paths);
  }

  /** The host is gone: what it had asked for while its calls were held is never done. */
  forget(address: string): void {
    this.#held.drop(address);
  }

  close(): void {
    this.#held.dropAll();
    for (const socket of this.#sockets) socket.destroy();
    this.#agent.destroy();
  }

  #faultNow(): AwsFault['fault'] {
    return this.#options.now() < this.#faultEnds ? this.#fault : null;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { remoteAddress } = request.socket;
    const go = () => this.#answer(request, response);
    const drop = () => response.destroy();
    if (!this.#held.keep(remoteAddress, request.url ?? '/', { go, drop })) go();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // Whoever asked may have gone while the call was held.
    if (response.destroyed) return;
    const url = request.url ?? '/';
    const signedFor =
      SIGNED_FOR.exec(request.headers.authorization ?? '')?.[1] ?? SIGNED_FOR.exec(decoded(url))?.[1] ?? 's3';
    // What begins so is of the machine: the emulator's own controls, and those of the EC2 endpoint.
    if (url.startsWith('/_')) refuse(request, response, 403, '');
    else if (signedFor === 's3' && this.#faultNow() === 'unavailable') {
      refuse(request, response, 503, SLOW_DOWN);
    } else {
      this.#forward(request, response, signedFor === 'ec2' ? this.#options.ec2 : this.#options.aws);
    }
  }

  #forward(request: IncomingMessage, response: ServerResponse, { hostname, port }: URL): void {
    const upstream = httpRequest({
      hostname,
      port,
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: endToEnd(request.rawHeaders),
      agent: this.#agent,
      setHost: false,
    });
    upstream.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders));
      pipeline(answer, response, () => undefined);
    });
    // A call that got no answer gets none here: the caller sees a broken connection, as it would have there.
    upstream.once('error', () => response.destroy());
    response.once('close', () => upstream.destroy());
    pipeline(request, upstream, () => undefined);
  }
}

/** The headers of a message, names and values in turn, without those of one connection only. */
function endToEnd(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (!/^(connection|keep-alive|expect|upgrade|proxy-.*)$/i.test(name)) kept.push(name, value);
  }
  return kept;
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, body: string): void {
  request.resume();
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': String(Buffer.byteLength(body)),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
