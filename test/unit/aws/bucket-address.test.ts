import { describe, expect, it } from 'vitest';
import { bucketAddress } from '../../../src/aws/bucket-address.ts';

const aws = { tls: true, port: 443 };

describe('bucketAddress', () => {
  it.each([
    ['photos', 'eu-central-1', 'photos.s3.eu-central-1.amazonaws.com', ''],
    ['photos', 'cn-north-1', 'photos.s3.cn-north-1.amazonaws.com.cn', ''],
    ['my.photos', 'us-east-1', 's3.us-east-1.amazonaws.com', '/my.photos'],
    ['Old_Bucket', 'us-east-1', 's3.us-east-1.amazonaws.com', '/Old_Bucket'],
  ])('finds %s of %s in AWS at %s', (bucket, region, hostname, base) => {
    expect(bucketAddress(bucket, region)).toEqual({ ...aws, hostname, host: hostname, base });
  });

  it.each([
    [
      'http://127.0.0.1:4566',
      { tls: false, hostname: '127.0.0.1', port: 4566, host: '127.0.0.1:4566', base: '/b' },
    ],
    ['http://[::1]:9000/', { tls: false, hostname: '::1', port: 9000, host: '[::1]:9000', base: '/b' }],
    ['https://s3.local', { tls: true, hostname: 's3.local', port: 443, host: 's3.local', base: '/b' }],
    [
      'http://s3.local/under/',
      { tls: false, hostname: 's3.local', port: 80, host: 's3.local', base: '/under/b' },
    ],
  ])('asks %s by path', (endpoint, address) => {
    expect(bucketAddress('b', 'us-east-1', endpoint)).toEqual(address);
  });

  it.each(['localhost:4566', 'ftp://x', ''])('refuses the endpoint %j', (endpoint) => {
    expect(() => bucketAddress('b', 'us-east-1', endpoint)).toThrow('[BAD_ENDPOINT]');
  });
});
