import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FanfleetError } from '../../src/errors.ts';
import type { Ec2Context } from './actions/action.ts';
import { dispatch } from './actions/dispatch.ts';
import { Ec2Error } from './api/ec2-error.ts';
import { renderError, renderResponse } from './api/xml.ts';
import { listen } from './hosts/address-pool.ts';
import type { HostProvider } from './hosts/host-provider.ts';
import { type LocalHostOptions, LocalHostProvider } from './hosts/local-host-provider.ts';
import type { Delays } from './state/instance.ts';
import type { RoleCredentials } from './state/instance-metadata.ts';
import { Instances } from './state/instances.ts';
import { defaultNetwork } from './state/network.ts';
import { SecurityGroups } from './state/security-groups.ts';
import { lockState } from './state/state-lock.ts';

export interface Ec2EndpointOptions extends LocalHostOptions {
  /** On 127.0.0.1; 0 for any free one. @default 4577 */
  port?: number;
  /** @default us-east-1 */
  region?: string;
  /** @default 000000000000 */
  accountId?: string;
  /** @default none: states change as soon as they can */
  delays?: Partial<Delays>;
  /** Instances that may live at once. @default 32 */
  maxInstances?: number;
  /** What the metadata service gives an instance that has a profile. @default test / test, for six hours */
  credentials?: (roleName: string) => RoleCredentials;
  /** Told what goes wrong in the background. @default nothing */
  notify?: (message: string) => void;
  /** Where instances get their hosts from. @default processes of this machine */
  hosts?: HostProvider;
}

export interface Ec2Endpoint {
  /** For the SDK's `endpoint`, or AWS_ENDPOINT_URL_EC2. */
  url: string;
  port: number;
  /** Instances that an endpoint that died had left, and that were ended now. */
  cleaned: readonly string[];
  /** End all hosts, then stop listening. */
  close(): Promise<void>;
}

const BODY_LIMIT = 1024 * 1024;
const CALL_GRACE_MS = 1_000;
const SIX_HOURS_MS = 6 * 3_600_000;

/**
 * Start the EC2 endpoint: the part of the EC2 Query API that a fleet needs, with a real host behind each instance.
 *
 * Anyone on this machine who can reach the port can run programs through it: any access key is accepted.
 *
 * @throws FanfleetError `PORT_TAKEN`, `STATE_DIR_IN_USE`, `HOST_NOT_ENDED`, `HOST_RECORD_UNREADABLE`
 */
export async function startEc2Endpoint(options: Ec2EndpointOptions): Promise<Ec2Endpoint> {
  // Calls that come while an earlier endpoint's hosts are being ended wait for it.
  const ready = Promise.withResolvers<Ec2Context>();
  ready.promise.catch(() => undefined);
  const server = createServer(async (request, response) => {
    await ready.promise.then(
      (context) => serve(request, response, context),
      () => response.destroy(),
    );
  });
  await listenOn(server, options.port ?? 4577);
  try {
    const { context, cleaned, release } = await openContext(options);
    ready.resolve(context);
    const { port } = server.address() as AddressInfo;
    let closed: Promise<void> | undefined;
    const close = () => {
      closed ??= shutDown(server, context).finally(release);
      return closed;
    };
    return { url: `http://127.0.0.1:${port}`, port, cleaned, close };
  } catch (reason) {
    ready.reject(reason);
    server.close();
    throw reason;
  }
}

/** The state and the hosts, after what an earlier endpoint left has been ended. */
async function openContext(options: Ec2EndpointOptions) {
  const { region = 'us-east-1', accountId = '000000000000', now = Date.now } = options;
  const unlock = await lockState(options.stateDir);
  try {
    const hosts = options.hosts ?? (await LocalHostProvider.open(options));
    const release = () => hosts.close().finally(unlock);
    const cleaned = await hosts.cleanUp().catch(async (reason) => {
      await hosts.close();
      throw reason;
    });
    const network = defaultNetwork(region, accountId, hosts.cidrBlock);
    const context: Ec2Context = {
      network,
      instances: new Instances(now),
      groups: new SecurityGroups(network.vpcId),
      hosts,
      delays: { pendingMs: 0, shuttingDownMs: 0, ...options.delays },
      maxInstances: options.maxInstances ?? 32,
      credentials: options.credentials ?? (() => testCredentials(now())),
      now,
      notify: options.notify ?? (() => undefined),
    };
    return { context, cleaned, release };
  } catch (reason) {
    await unlock();
    throw reason;
  }
}

async function listenOn(server: Server, port: number): Promise<void> {
  try {
    await listen(server, port, '127.0.0.1');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw FanfleetError.from(cause);
    throw new FanfleetError(
      'PORT_TAKEN',
      `Expected port ${port} of 127.0.0.1 to be free for the EC2 endpoint but another program listens on it: end that program, or choose another port.`,
      { cause, source: 'user' },
    );
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, context: Ec2Context): Promise<void> {
  const requestId = randomUUID();
  try {
    if (request.method === 'GET' && request.url === '/_health') return sendHealth(response, context);
    if (request.method !== 'POST') {
      throw new Ec2Error('InvalidAction', 'Calls of the EC2 Query API are POST requests here.', 405);
    }
    checkSigned(request);
    const body = await readBody(request);
    const { action, answer } = await dispatch(body, context);
    sendXml(response, 200, requestId, renderResponse(action, requestId, answer));
  } catch (reason) {
    const error = reason instanceof Ec2Error ? reason : unexpected(reason, context);
    // What was not read of the body would be taken for the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    sendXml(response, error.status, requestId, renderError(error.code, error.detail, requestId));
  }
}

/** Signatures are not checked, but a call without one is a mistake that AWS would refuse. */
function checkSigned(request: IncomingMessage): void {
  const authorization = request.headers.authorization ?? '';
  if (/^AWS4-HMAC-SHA256 .*Credential=[^/,]+\/.*Signature=[0-9a-f]{64}/.test(authorization)) return;
  throw new Ec2Error('AuthFailure', 'AWS was not able to validate the provided access credentials', 401);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) {
      throw new Ec2Error('RequestEntityTooLarge', `A request may have at most ${BODY_LIMIT} bytes.`, 413);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function unexpected(reason: unknown, { notify }: Ec2Context): Ec2Error {
  notify(`a call failed: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`);
  return new Ec2Error('InternalError', 'An internal error has occurred', 500);
}

function sendXml(response: ServerResponse, status: number, requestId: string, xml: string): void {
  response.writeHead(status, {
    'content-type': 'text/xml;charset=UTF-8',
    'x-amzn-requestid': requestId,
    server: 'AmazonEC2',
  });
  response.end(xml);
}

function sendHealth(response: ServerResponse, { instances }: Ec2Context): void {
  const states: Record<string, number> = {};
  for (const { state } of instances.all()) states[state] = (states[state] ?? 0) + 1;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify({ status: 'ok', service: 'ec2', pid: process.pid, instances: states })}\n`);
}

async function shutDown(server: Server, { instances }: Ec2Context): Promise<void> {
  await stopListening(server);
  const code = 'Server.EndpointClosed';
  const all = instances.all();
  for (const instance of all)
    instance.terminate('graceful', { code, message: `${code}: The endpoint was closed` });
  await Promise.all(all.map((instance) => instance.settled()));
  const left = instances.live().map(({ id }) => id);
  if (left.length === 0) return;
  throw new FanfleetError('HOST_NOT_ENDED', `Expected all instances to end but ${left.join(', ')} did not.`, {
    source: 'internal',
  });
}

/** First, so that no launch comes in between; calls under way may end, but not hold this up. */
async function stopListening(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const impatience = setTimeout(() => server.closeAllConnections(), CALL_GRACE_MS);
  await closed;
  clearTimeout(impatience);
}

function testCredentials(now: number): RoleCredentials {
  return {
    accessKeyId: 'test',
    secretAccessKey: 'test',
    sessionToken: 'test',
    expiration: new Date(now + SIX_HOURS_MS),
  };
}
