import { describe, expect, it } from 'vitest';
import { concatAhead } from '../../../src/concurrency/concat-ahead.ts';

/** Generators that write down what happens to them. */
function generators(log: string[], values: readonly (readonly string[])[]): AsyncGenerator<string>[] {
  return values.map(async function* (own, i) {
    log.push(`begin ${i}`);
    try {
      for (const value of own) {
        if (value === 'fail') throw new Error(`failed ${i}`);
        yield value;
      }
    } finally {
      log.push(`end ${i}`);
    }
  });
}

describe('concatAhead', () => {
  it('gives all values in order, and begins only so many generators ahead', async () => {
    const log: string[] = [];
    const all = concatAhead(generators(log, [['a', 'b'], [], ['c'], ['d', 'e']]), 2);
    expect((await all.next()).value).toBe('a');
    expect(log).toEqual(['begin 0', 'begin 1', 'end 1']);
    expect(await Array.fromAsync(all)).toEqual(['b', 'c', 'd', 'e']);
    expect(log.filter((line) => line.startsWith('end'))).toHaveLength(4);
  });

  it('throws a failure in its turn, and ends those that are begun', async () => {
    const log: string[] = [];
    const all = concatAhead(generators(log, [['a'], ['fail'], ['b']]), 3);
    expect((await all.next()).value).toBe('a');
    await expect(all.next()).rejects.toThrow('failed 1');
    expect(log.filter((line) => line.startsWith('end')).sort()).toEqual(['end 0', 'end 1', 'end 2']);
  });

  it('ends those that are begun when it is left', async () => {
    const log: string[] = [];
    for await (const value of concatAhead(generators(log, [['a', 'b'], ['c'], ['d']]), 2)) {
      expect(value).toBe('a');
      break;
    }
    expect(log.sort()).toEqual(['begin 0', 'begin 1', 'end 0', 'end 1']);
  });

  it('gives nothing for nothing', async () => {
    expect(await Array.fromAsync(concatAhead([], 3))).toEqual([]);
  });
});
