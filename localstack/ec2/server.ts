import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ec2Context } from './actions/action.ts';
import { dispatch } from './actions/dispatch.ts';
import { Ec2Error } from './api/ec2-error.ts';
import { verifySignature } from './api/signature.ts';
import { renderError, renderResponse } from './api/xml.ts';
import { CONTROL_PATH, control, controlStatus } from './control.ts';
import { listen } from './hosts/address-pool.ts';
import type { HostProvider } from './hosts/host-provider.ts';
import { chooseHosts, type HostKind, type HostOptions, openHosts } from './hosts/open-hosts.ts';
import { FanfleetError } from './shared.ts';
import { AccessKeys } from './state/access-keys.ts';
import type { CapacityOf } from './state/capacity.ts';
import { ClientTokens } from './state/client-tokens.ts';
import { Images, type ReadParameter } from './state/images.ts';
import { ingressRules } from './state/ingress-rules.ts';
import type { Delays } from './state/instance.ts';
import { privateDnsName } from './state/instance-metadata.ts';
import { Instances } from './state/instances.ts';
import { LaunchTemplates } from './state/launch-templates.ts';
import { defaultNetwork } from './state/network.ts';
import { SecurityGroups } from './state/security-groups.ts';
import { lockState } from './state/state-lock.ts';

export interface Ec2EndpointOptions extends Omit<HostOptions, 'ec2Url' | 'privateDnsName'> {
  /** On 127.0.0.1; 0 for any free one. @default 4577 */
  port?: number;
  /** @default us-east-1 */
  region?: string;
  /** @default 000000000000 */
  accountId?: string;
  /** @default none: states change as soon as they can; but two minutes for the notice to a Spot instance */
  delays?: Partial<Delays>;
  /** Instances that may live at once. @default 32 */
  maxInstances?: number;
  /** How many instances may live at once in each capacity pool. @default any number */
  capacityOf?: CapacityOf;
  /** Secret access keys by access key id, beside those of the instances. @default test: test */
  accessKeys?: Readonly<Record<string, string>>;
  /** Reads the SSM parameters that name images, beside the public ones. @default there are none */
  readParameter?: ReadParameter;
  /** Told what goes wrong in the background. @default nothing */
  notify?: (message: string) => void;
  /** What hosts are. @default processes */
  hostKind?: HostKind;
  /** Where instances get their hosts from. @default what `hostKind` says */
  hosts?: HostProvider;
}

export interface Ec2Endpoint {
  /** For the SDK's `endpoint`, or AWS_ENDPOINT_URL_EC2. */
  url: string;
  port: number;
  /** What hosts are, in one line for people. */
  hosts: string;
  /** Instances that an endpoint that died had left, and that were ended now. */
  cleaned: readonly string[];
  /** End all hosts, then stop listening. */
  close(): Promise<void>;
}

const BODY_LIMIT = 1024 * 1024;
const CALL_GRACE_MS = 1_000;
/** Source: EC2 User Guide, "Spot Instance interruption notices". */
const SPOT_NOTICE_MS = 120_000;

/**
 * Start the EC2 endpoint: the part of the EC2 Query API that a fleet needs, with a real host behind each instance.
 *
 * Anyone on this machine who can reach the port and has a key can run programs through it.
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
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const { context, cleaned, release, description } = await openContext(options, url);
    ready.resolve(context);
    let closed: Promise<void> | undefined;
    const close = () => {
      closed ??= shutDown(server, context).finally(release);
      return closed;
    };
    return { url, port, hosts: description, cleaned, close };
  } catch (reason) {
    ready.reject(reason);
    server.close();
    throw reason;
  }
}

/** The state and the hosts, after what an earlier endpoint left has been ended. */
async function openContext(options: Ec2EndpointOptions, url: string) {
  const { region = 'us-east-1', accountId = '000000000000', now = Date.now } = options;
  const unlock = await lockState(options.stateDir);
  try {
    const chosen = await chooseHosts(options.hostKind ?? 'processes');
    const hosts =
      options.hosts ??
      (await openHosts(chosen, {
        ...options,
        ec2Url: new URL(url),
        privateDnsName: (address) => privateDnsName(address, region),
      }));
    const description = options.hosts === undefined ? chosen.description : hosts.kind;
    const release = () => hosts.close().finally(unlock);
    const cleaned = await hosts.cleanUp().catch(async (reason) => {
      await hosts.close();
      throw reason;
    });
    const network = defaultNetwork(region, accountId, hosts.cidrBlock);
    const keys = new AccessKeys(options.accessKeys ?? testKeys(accountId), now);
    const launches: Ec2Context['launches'] = new ClientTokens();
    const context: Ec2Context = {
      network,
      instances: new Instances(now, ({ id, spec }) => {
        keys.forget(id);
        if (spec.clientToken !== undefined) launches.forget(spec.clientToken);
      }),
      images: new Images(options.readParameter ?? (async () => undefined)),
      templates: new LaunchTemplates(),
      launches,
      fleetTokens: new ClientTokens(),
      templateTokens: new ClientTokens(),
      keys,
      capacityOf: options.capacityOf ?? (() => Number.POSITIVE_INFINITY),
      groups: new SecurityGroups(network.vpcId),
      hosts,
      delays: {
        pendingMs: 0,
        shuttingDownMs: 0,
        imageMs: 0,
        spotNoticeMs: SPOT_NOTICE_MS,
        ...options.delays,
      },
      maxInstances: options.maxInstances ?? 32,
      now,
      notify: options.notify ?? (() => undefined),
    };
    return { context, cleaned, release, description };
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
    const body = await readBody(request);
    if (request.url?.startsWith(CONTROL_PATH))
      return await serveControl(request.url, body, request, response, context);
    const { method, url = '/', headers } = request;
    verifySignature(
      { method, url, headers, body },
      { region: context.network.region, find: (id) => context.keys.find(id), now: context.now() },
    );
    const { action, answer } = await dispatch(body, context);
    await enforceGroups(context);
    sendXml(response, 200, requestId, renderResponse(action, requestId, answer));
  } catch (reason) {
    const error = reason instanceof Ec2Error ? reason : unexpected(reason, context);
    // What was not read of the body would be taken for the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    sendXml(response, error.status, requestId, renderError(error.code, error.detail, requestId));
  }
}

/** What a call changed of groups and instances is in force before it is answered. */
async function enforceGroups({ hosts, instances, groups }: Ec2Context): Promise<void> {
  await hosts.enforce?.(ingressRules(instances.live(), (id) => groups.find(id)));
}

/** A web page in a browser of this machine cannot send JSON here: that spares the controls a signature. */
async function serveControl(
  path: string,
  body: string,
  request: IncomingMessage,
  response: ServerResponse,
  context: Ec2Context,
): Promise<void> {
  try {
    if (request.headers['content-type'] !== 'application/json') {
      throw new FanfleetError('INVALID_INPUT', 'Expected content-type application/json.', { source: 'user' });
    }
    sendJson(response, 200, await control(path, body, context));
  } catch (reason) {
    const { code, message } =
      reason instanceof Ec2Error ? { code: reason.code, message: reason.detail } : FanfleetError.from(reason);
    sendJson(response, controlStatus(reason), { error: { code, message } });
  }
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

function sendHealth(response: ServerResponse, { hosts, instances }: Ec2Context): void {
  const states: Record<string, number> = {};
  for (const { state } of instances.all()) states[state] = (states[state] ?? 0) + 1;
  sendJson(response, 200, {
    status: 'ok',
    service: 'ec2',
    pid: process.pid,
    hosts: hosts.kind,
    instances: states,
  });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
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

/** What is used offline; the emulator gives Lambda functions the account's number as their access key id. */
function testKeys(accountId: string): Record<string, string> {
  return { test: 'test', [accountId]: 'test' };
}
