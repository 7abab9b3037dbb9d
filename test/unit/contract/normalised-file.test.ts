import { describe, expect, it } from 'vitest';
import { layout } from '../../../src/contract/layout.ts';
import { isKeyTooLong, MAX_KEY_BYTES } from '../../../src/contract/normalised-file.ts';

describe('keys of normalised images', () => {
  it('that are not too long have files whose keys S3 takes, in any run, arm and round', () => {
    const longest = 'é'.repeat(MAX_KEY_BYTES / 2);
    expect(isKeyTooLong(longest)).toBe(false);
    expect(isKeyTooLong(`${longest}x`)).toBe(true);
    const file = layout.normalised('r'.repeat(80), 'serverless', 49, longest, 'jpeg');
    expect(Buffer.byteLength(file)).toBeLessThanOrEqual(1024);
  });

  it('are apart for images that differ in their suffix only', () => {
    const files = ['a', 'a.jpg', 'a.png'].flatMap((key) =>
      (['png', 'jpeg', 'npy'] as const).map((format) => layout.normalised('r', 'fleet', 0, key, format)),
    );
    expect(new Set(files).size).toBe(9);
  });
});
