import { expect, it } from 'vitest';
import { freeBuffer } from '../../../src/concurrency/free-buffer.ts';

it('leaves nothing of a buffer, nor of its parts', () => {
  const buffer = Buffer.alloc(100_000, 'x');
  const part = buffer.subarray(10, 20);
  freeBuffer(buffer);
  expect([buffer.length, part.length, buffer.buffer.byteLength]).toEqual([0, 0, 0]);
  freeBuffer(buffer);
});

it('leaves memory alone that others have a part of', () => {
  const pooled = Buffer.from('small');
  const neighbour = Buffer.from('neighbour');
  const part = Buffer.alloc(100_000, 'x').subarray(0, 99_999);
  freeBuffer(pooled);
  freeBuffer(part);
  expect([pooled.toString(), neighbour.toString(), part.length]).toEqual(['small', 'neighbour', 99_999]);
});
