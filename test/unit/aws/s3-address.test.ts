import { describe, expect, it } from 'vitest';
import { s3Address } from '../../../src/aws/s3-address.ts';

describe('s3Address', () => {
  it.each([
    ['s3://bucket/key', { bucket: 'bucket', key: 'key' }],
    ['s3://bucket/some/prefix/', { bucket: 'bucket', key: 'some/prefix/' }],
    ['s3://bucket/with\na line', { bucket: 'bucket', key: 'with\na line' }],
    ['s3://bucket/', null],
    ['s3://bucket', null],
    ['s3:///key', null],
    ['key', null],
    ['models/s3://bucket/key', null],
  ])('of %j is %j', (text, address) => {
    expect(s3Address(text)).toEqual(address);
  });
});
