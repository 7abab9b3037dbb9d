import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** Values by name; a nested one is a folder, which lists its names. */
export interface MetadataTree {
  readonly [name: string]: string | Buffer | MetadataTree;
}

/** What a metadata service says about its instance. */
export interface MetadataSource {
  /** False: every call is answered 403, as EC2 does with `HttpEndpoint=disabled`. */
  enabled(): boolean;
  /** False: version 1, a GET without a token, is served too. */
  tokenRequired(): boolean;
  /** The tree below `/latest/`. */
  tree(): MetadataTree;
}

const TOKEN_TTL = 'x-aws-ec2-metadata-token-ttl-seconds';
const TOKEN = 'x-aws-ec2-metadata-token';
const MAX_TTL_S = 21_600;
/** `latest`, or a dated version: all have the same content here. */
const VERSION = /^\/(latest|[0-9]{4}-[0-9]{2}-[0-9]{2})(\/|$)/;

/**
 * The instance metadata service, version 2, of one instance; it must be told where to listen.
 *
 * Tokens are signed, not stored, so that no caller can make the service grow.
 *
 * @param now epoch milliseconds
 */
export function createMetadataServer(source: MetadataSource, now: () => number): Server {
  const secret = randomBytes(32);
  return createServer((request, response) => {
    request.resume();
    const answer = respond(request, source, secret, now());
    send(response, answer);
  });
}

interface Answer {
  status: number;
  body?: string | Buffer;
  headers?: Record<string, string>;
}

function respond(request: IncomingMessage, source: MetadataSource, secret: Buffer, now: number): Answer {
  if (!source.enabled()) return { status: 403 };
  const path = decodePath(request.url ?? '/');
  if (path === undefined) return { status: 400 };
  if (request.method === 'PUT') return issueToken(path, request, secret, now);
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405 };
  const token = request.headers[TOKEN];
  if (token === undefined ? source.tokenRequired() : !isValid(String(token), secret, now))
    return { status: 401 };
  const version = VERSION.exec(path)?.[0];
  if (version === undefined) return path === '/' ? { status: 200, body: 'latest' } : { status: 404 };
  const body = lookUp(source.tree(), path.slice(version.length));
  return body === undefined ? { status: 404 } : { status: 200, body };
}

function issueToken(path: string, request: IncomingMessage, secret: Buffer, now: number): Answer {
  if (path !== '/latest/api/token') return { status: 405 };
  // A request that came through a proxy gets no token: EC2's guard against open relays.
  if (request.headers['x-forwarded-for'] !== undefined) return { status: 403 };
  const ttl = String(request.headers[TOKEN_TTL] ?? '');
  if (!/^[0-9]{1,5}$/.test(ttl) || Number(ttl) < 1 || Number(ttl) > MAX_TTL_S) return { status: 400 };
  const expiry = String(now + Number(ttl) * 1000);
  return { status: 200, body: `${expiry}.${sign(expiry, secret)}`, headers: { [TOKEN_TTL]: ttl } };
}

function isValid(token: string, secret: Buffer, now: number): boolean {
  const [expiry = '', signature = ''] = token.split('.');
  const expected = Buffer.from(sign(expiry, secret));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected) && Number(expiry) > now;
}

function sign(text: string, secret: Buffer): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}

/** The value at a path, the list of a folder's names, or nothing. */
export function lookUp(tree: MetadataTree, path: string): string | Buffer | undefined {
  let node: string | Buffer | MetadataTree = tree;
  for (const name of path.split('/').filter(Boolean)) {
    if (typeof node === 'string' || Buffer.isBuffer(node) || !Object.hasOwn(node, name)) return undefined;
    node = (node as MetadataTree)[name] ?? '';
  }
  if (typeof node === 'string' || Buffer.isBuffer(node)) return node;
  return Object.entries(node)
    .map(([name, child]) => (typeof child === 'string' || Buffer.isBuffer(child) ? name : `${name}/`))
    .join('\n');
}

function decodePath(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split('?')[0] ?? '/');
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, { status, body = '', headers = {} }: Answer): void {
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, {
    'content-type': 'text/plain',
    'content-length': String(content.length),
    server: 'EC2ws',
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : content);
}
