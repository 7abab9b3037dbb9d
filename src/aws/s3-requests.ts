import { hash } from 'node:crypto';
import { FanfleetError } from '../errors.ts';
import type { ServerClock } from '../timing/server-clock.ts';
import { type Backoff, backOff } from './backoff.ts';
import { type BucketAddress, bucketAddress } from './bucket-address.ts';
import { HttpConnection } from './http/connection.ts';
import { ConnectionPool } from './http/connection-pool.ts';
import type { HttpResponse } from './http/response-reader.ts';
import { isTransient, needsFreshSignature } from './object-response.ts';
import type { S3Access } from './s3-access.ts';
import { encodeKey } from './sigv4/canonical-uri.ts';
import { Signer } from './sigv4/signer.ts';

export type S3RequestsOptions = Backoff & {
  /** Most connections to one host. @default 128 */
  readonly maxSockets?: number;
  /** @default 5,000 ms */
  readonly connectTimeoutMs?: number;
  /** Longest silence of S3 in an answer. @default 30,000 ms */
  readonly idleTimeoutMs?: number;
  /** How often a request is tried in all. @default 8 */
  readonly tries?: number;
  /** Certificates (PEM) to trust instead of Node's own. */
  readonly ca?: string;
  /** Epoch milliseconds. @default Date.now */
  readonly now?: () => number;
  /** Told when S3's answers were dated, so that its clock can be compared with `now`. @default nobody is */
  readonly serverClock?: ServerClock;
};

/** A GET of an object, or a PUT if it has a body. */
export type S3Request = {
  readonly bucket: string;
  readonly key: string;
  /** Beside those of the signature; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Most bytes of the answer, unless it is an error. */
  readonly limit: number;
};

type Origin = { readonly address: BucketAddress; readonly signer: Signer; readonly pool: ConnectionPool };

/** An error's answer may be that long whatever was asked for. */
const ERROR_BYTES = 64 * 1024;

/** Sends signed requests for objects to S3, on connections that are kept, and tries again what may go better. */
export class S3Requests {
  readonly #access: S3Access;
  readonly #options: S3RequestsOptions;
  readonly #now: () => number;
  readonly #origins = new Map<string, Promise<Origin>>();
  readonly #pools = new Map<string, ConnectionPool>();
  /** By how much the clock of S3 is ahead of ours, once S3 has complained. */
  #clockOffsetMs = 0;

  constructor(access: S3Access, options: S3RequestsOptions = {}) {
    this.#access = access;
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Send a request until `judge` has made something of the answer, or trying again makes no sense.
   *
   * @param judge throws what the answer says
   * @param describe makes the error that is thrown in the end, from the last one and the number of tries
   */
  async send<T>(
    request: S3Request,
    judge: (response: HttpResponse) => T,
    describe: (reason: unknown, tries: number) => FanfleetError,
    signal?: AbortSignal,
  ): Promise<T> {
    const most = this.#options.tries ?? 8;
    let fresh = false;
    for (let tries = 1; ; tries += 1) {
      try {
        return judge(await this.#once(request, signal));
      } catch (reason) {
        signal?.throwIfAborted();
        if (reason instanceof FanfleetError && tries < most) {
          if (isTransient(reason)) {
            await backOff(tries, this.#options, signal);
            continue;
          }
          if (needsFreshSignature(reason) && !fresh) {
            fresh = true;
            await this.#access.credentials({ forceRefresh: true });
            continue;
          }
        }
        throw describe(reason, tries);
      }
    }
  }

  /** Close all connections; what is still under way fails. */
  close(): void {
    for (const pool of this.#pools.values()) pool.close();
  }

  async #once({ bucket, key, headers, body, limit }: S3Request, signal?: AbortSignal): Promise<HttpResponse> {
    const { address, signer, pool } = await this.#origin(bucket);
    const credentials = await this.#access.credentials();
    const path = `${address.base}/${encodeKey(key)}`;
    const wanted = { ...headers, host: address.host };
    const payload = body && { method: 'PUT', sha256: hash('sha256', body, 'hex') };
    return pool.with(async (connection) => {
      // Signed late: a signature grows old while its request waits for a connection.
      const signed = signer.sign(path, wanted, credentials, this.#now() + this.#clockOffsetMs, payload);
      const sentAt = this.#now();
      const response = await connection.request(path, signed, Math.max(limit, ERROR_BYTES), signal, body);
      this.#options.serverClock?.observe(response.headers.get('date'), sentAt, this.#now());
      if (response.status === 403) this.#learnTime(response);
      return response;
    }, signal);
  }

  #learnTime({ headers }: HttpResponse): void {
    const theirs = Date.parse(headers.get('date') ?? '');
    if (!Number.isNaN(theirs)) this.#clockOffsetMs = theirs - this.#now();
  }

  #origin(bucket: string): Promise<Origin> {
    const known = this.#origins.get(bucket);
    if (known !== undefined) return known;
    const origin = this.#findOrigin(bucket);
    this.#origins.set(bucket, origin);
    origin.catch(() => this.#origins.delete(bucket));
    return origin;
  }

  async #findOrigin(bucket: string): Promise<Origin> {
    const region = await this.#access.region();
    const address = bucketAddress(bucket, region, await this.#access.endpoint());
    const place = `${address.tls}//${address.host}`;
    const pool = this.#pools.get(place) ?? this.#openPool(address);
    this.#pools.set(place, pool);
    return { address, signer: new Signer(region), pool };
  }

  #openPool({ tls, hostname, port }: BucketAddress): ConnectionPool {
    const { maxSockets = 128, connectTimeoutMs = 5_000, idleTimeoutMs = 30_000, ca } = this.#options;
    const options = { tls, hostname, port, ca, connectTimeoutMs, idleTimeoutMs };
    return new ConnectionPool(() => new HttpConnection(options), maxSockets, this.#now);
  }
}

/** The error of a request that was given up. */
export function givenUp(
  verb: 'read' | 'write',
  { bucket, key }: { readonly bucket: string; readonly key: string },
  reason: unknown,
  tries: number,
): FanfleetError {
  const { code, source, message } = FanfleetError.from(reason, 'aws');
  const why = message.replace(`[${code}] `, '').replace(/\.$/, '');
  return new FanfleetError(
    code,
    `Could not ${verb} s3://${bucket}/${key}: ${why}. It was tried ${tries === 1 ? 'once' : `${tries} times`}.`,
    { cause: reason, source },
  );
}
