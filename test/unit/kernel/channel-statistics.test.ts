import fc from 'fast-check';
import { expect, test } from 'vitest';
import { channelStatistics } from '../../../src/kernel/wasm/channel-statistics.ts';

/** As the definitions have it. */
function naive(data: Uint8Array, channels: number) {
  return Array.from({ length: channels }, (_, channel) => {
    const total = { sum: 0, sumSq: 0, min: 255, max: 0 };
    for (let at = channel; at < data.length; at += channels) {
      const value = data[at] ?? 0;
      total.sum += value;
      total.sumSq += value ** 2;
      total.min = Math.min(total.min, value);
      total.max = Math.max(total.max, value);
    }
    return total;
  });
}

const CHUNK_BYTES = 48 * 2048;

test.each([1, 3] as const)('%i channels: equals the definitions, whatever the length', (channels) => {
  const bytes = fc
    .integer({ min: 1, max: 200 })
    .chain((pixels) => fc.uint8Array({ minLength: channels * pixels, maxLength: channels * pixels }));
  fc.assert(
    fc.property(bytes, (data) => {
      expect(channelStatistics(data, channels)).toEqual(naive(data, channels));
    }),
    { numRuns: 300 },
  );
});

test.each([1, 3] as const)(
  '%i channels: each place of a vector and of the rest counts, alone',
  (channels) => {
    const data = new Uint8Array(channels * 67).fill(100);
    for (let at = 0; at < data.length; at += 1) {
      for (const value of [3, 251]) {
        data[at] = value;
        expect(channelStatistics(data, channels), `byte ${at}`).toEqual(naive(data, channels));
      }
      data[at] = 100;
    }
  },
);

test.each([1, 3] as const)('%i channels: chunks are added up, and none overflows', (channels) => {
  for (const pixels of [
    CHUNK_BYTES / channels,
    CHUNK_BYTES / channels + 1,
    (3 * CHUNK_BYTES) / channels - 1,
  ]) {
    const data = new Uint8Array(channels * pixels).fill(255);
    data[data.length - 1] = 7;
    expect(channelStatistics(data, channels)).toEqual(naive(data, channels));
  }
});

test('what an image left in the memory of WebAssembly is not in the next', () => {
  channelStatistics(new Uint8Array(CHUNK_BYTES).fill(200), 1);
  expect(channelStatistics(Uint8Array.of(5), 1)).toEqual([{ sum: 5, sumSq: 25, min: 5, max: 5 }]);
});
