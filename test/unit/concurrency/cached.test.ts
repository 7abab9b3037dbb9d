import { expect, it } from 'vitest';
import { cached } from '../../../src/concurrency/cached.ts';

it('makes what is asked for once, and what failed again', async () => {
  const kept = new Map<string, Promise<number>>();
  let made = 0;
  const make = async () => {
    made += 1;
    if (made === 1) throw new Error('not yet');
    return made;
  };
  const first = [cached(kept, 'a', make), cached(kept, 'a', make)];
  await expect(Promise.allSettled(first)).resolves.toMatchObject(Array(2).fill({ status: 'rejected' }));
  expect(await Promise.all([cached(kept, 'a', make), cached(kept, 'a', make)])).toEqual([2, 2]);
  expect(await cached(kept, 'a', make)).toBe(2);
});

it('leaves what was put in the place of what failed', async () => {
  const kept = new Map<string, Promise<number>>();
  const failing = cached(kept, 'a', () => Promise.reject(new Error('not yet')));
  kept.set('a', Promise.resolve(7));
  await expect(failing).rejects.toThrow('not yet');
  expect(await cached(kept, 'a', async () => 8)).toBe(7);
});
