import { FanfleetError } from '../errors.ts';

/** Where the objects of a bucket are. */
export type BucketAddress = {
  readonly tls: boolean;
  readonly hostname: string;
  readonly port: number;
  /** What the `host` header says: the port is left out where it is the usual one. */
  readonly host: string;
  /** What comes before `/key` in a path. */
  readonly base: string;
};

/** A name that may be the first label of a host: with dots in it, no certificate of S3 would fit. */
const DNS_LABEL = /^[a-z0-9][a-z0-9-]*[a-z0-9]$/;

/**
 * The address of a bucket: virtual-hosted in AWS if its name allows it, else path-style; always path-style at an endpoint.
 *
 * @param endpoint a URL, e.g. `http://127.0.0.1:4566`
 * @throws FanfleetError `BAD_ENDPOINT`
 */
export function bucketAddress(bucket: string, region: string, endpoint?: string): BucketAddress {
  if (endpoint !== undefined) return underEndpoint(bucket, endpoint);
  const aws = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const virtual = DNS_LABEL.test(bucket);
  const hostname = virtual ? `${bucket}.${aws}` : aws;
  return { tls: true, hostname, port: 443, host: hostname, base: virtual ? '' : `/${bucket}` };
}

function underEndpoint(bucket: string, endpoint: string): BucketAddress {
  const url = URL.parse(endpoint);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new FanfleetError('BAD_ENDPOINT', `Expected the endpoint as an http(s) URL but got ${endpoint}.`, {
      source: 'user',
    });
  }
  const tls = url.protocol === 'https:';
  return {
    tls,
    // An IPv6 address has brackets in a URL, and none where a socket is opened.
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    host: url.host,
    base: `${url.pathname.replace(/\/+$/, '')}/${bucket}`,
  };
}
