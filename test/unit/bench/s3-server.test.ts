import { describe, expect, it } from 'vitest';
import { readAccessLog } from '../../../bench/s3-server.ts';

describe('readAccessLog', () => {
  it('gives operations and keys', () => {
    const lines = [
      'b b [30/November/2026:20:21:04 +0000] 127.0.0.1 b K4 s3_GetObject loose/0.jpg /bench/loose/0.jpg 200 - 0',
      'b b [30/November/2026:20:21:04 +0000] 127.0.0.1 b K5 s3_ListObjectsV2 - /bench?list-type=2 200 - 12143',
    ];
    expect([...readAccessLog(lines.join('\n'))]).toEqual([
      { operation: 'GetObject', key: 'loose/0.jpg' },
      { operation: 'ListObjectsV2', key: '-' },
    ]);
  });
});
