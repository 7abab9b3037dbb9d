import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failedRow } from '../../../src/contract/row.ts';
import type { Normalised, Prepared } from '../../../src/kernel/kernel.ts';
import { DecodeQueue, type DecodeQueueOptions } from '../../../src/worker/decode-queue.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const done = (key: string, outputBytes = 0): Normalised => ({
  row: failedRow(key, 'NOT_AN_IMAGE'),
  decodeMs: 0,
  computeMs: 0,
  ...(outputBytes > 0 ? { file: Buffer.alloc(outputBytes) } : {}),
});
/** An image that is nothing but a name. */
const image = (key: string, workingBytes = 1, inputBytes = 1) => ({
  prepared: { key } as unknown as Prepared,
  inputBytes,
  workingBytes,
});
const keyOf = (prepared: Prepared) => (prepared as unknown as { key: string }).key;

/** A queue whose calls end when they are told to. */
function controlled(options: Partial<DecodeQueueOptions> = {}) {
  const calls: { keys: string[]; end: (outputBytes?: number) => void; fail: (reason: Error) => void }[] = [];
  const queue = new DecodeQueue({
    grouped: true,
    decodes: 1,
    workingBytes: 1_000,
    decode: (images) => {
      const keys = images.map(keyOf);
      const { promise, resolve, reject } = Promise.withResolvers<Normalised[]>();
      calls.push({ keys, end: (bytes) => resolve(keys.map((key) => done(key, bytes))), fail: reject });
      return promise;
    },
    ...options,
  });
  const add = (...args: Parameters<typeof image>) => queue.add(image(...args), ({ row }) => row.key);
  return { queue, calls, add };
}

describe('DecodeQueue', () => {
  it('does together what has come, and while it is busy gathers what comes', async () => {
    const { calls, add } = controlled();
    const first = [add('a'), add('b')];
    await turn();
    const second = [add('c'), add('d'), add('e')];
    await turn();
    expect(calls.map(({ keys }) => keys)).toEqual([['a', 'b']]);
    calls[0]?.end();
    expect(await Promise.all(first)).toEqual(['a', 'b']);
    await turn();
    expect(calls[1]?.keys).toEqual(['c', 'd', 'e']);
    calls[1]?.end();
    expect(await Promise.all(second)).toEqual(['c', 'd', 'e']);
  });

  it('does so many images together as it is told, whatever their size, within the memory', async () => {
    const large = 1_000_000;
    const { calls, add } = controlled({ groupImages: 3, workingBytes: 25 });
    const rows = ['a', 'b', 'c', 'd', 'e'].map((key) => add(key, 10, large));
    await turn();
    // A third one would take more memory than there is.
    expect(calls.map(({ keys }) => keys)).toEqual([['a', 'b']]);
    calls[0]?.end();
    await turn();
    expect(calls[1]?.keys).toEqual(['c', 'd']);
    const small = controlled({ groupImages: 3 });
    for (const key of ['f', 'g', 'h', 'i']) void small.add(key, 1, large);
    await turn();
    expect(small.calls.map(({ keys }) => keys)).toEqual([['f', 'g', 'h']]);
    calls[1]?.end();
    await turn();
    calls[2]?.end();
    expect(await Promise.all(rows)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('does images one by one where groups gain nothing, and large ones where they do', async () => {
    const single = controlled({ grouped: false, decodes: 9 });
    const large = controlled({ decodes: 9 });
    for (const { add } of [single, large]) {
      for (const key of ['a', 'b', 'c']) void add(key, 1, 40 * 1024);
    }
    await turn();
    for (const { calls } of [single, large])
      expect(calls.map(({ keys }) => keys)).toEqual([['a'], ['b'], ['c']]);
  });

  it('puts at most 256 images into a call', async () => {
    const { calls, add } = controlled({ decodes: 2 });
    for (let i = 0; i < 300; i += 1) void add(String(i));
    await turn();
    expect(calls.map(({ keys }) => keys.length)).toEqual([256, 44]);
  });

  it('counts an output as memory until it is used, and no longer', async () => {
    // Prepare
    const { queue, calls, add } = controlled({ decodes: 9, grouped: false, workingBytes: 100 });
    const gate = Promise.withResolvers<void>();
    const writing = queue.add(image('a', 90), () => gate.promise);
    void add('b', 60);
    await turn();

    // Act and assess
    expect(calls).toHaveLength(1);
    calls[0]?.end(50);
    await turn();
    expect(calls).toHaveLength(1);
    gate.resolve();
    await writing;
    await turn();
    expect(calls.map(({ keys }) => keys)).toEqual([['a'], ['b']]);
  });

  it('fails what was in a call that failed, and goes on with the rest', async () => {
    const { calls, add } = controlled();
    const failing = [add('a', 900), add('b', 100)];
    const next = add('c', 1_000);
    await turn();
    calls[0]?.fail(new Error('broken'));
    for (const one of failing) await expect(one).rejects.toThrow('broken');
    await turn();
    calls[1]?.end();
    expect(await next).toBe('c');
  });

  it('gives the memory back when the use of a result fails', async () => {
    const { queue, calls, add } = controlled({ workingBytes: 10 });
    const failing = queue.add(image('a', 10), () => Promise.reject(new Error('not written')));
    const next = add('b', 10);
    await turn();
    calls[0]?.end(10);
    await expect(failing).rejects.toThrow('not written');
    await turn();
    calls[1]?.end();
    expect(await next).toBe('b');
  });

  it('keeps within its bounds but for one image alone, in order, and does every image once', async () => {
    const images = fc.array(
      fc.record({ working: fc.nat(150), input: fc.nat(100_000), output: fc.nat(40), turns: fc.nat(2) }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(
        images,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 100 }),
        fc.boolean(),
        async (all, decodes, limit, grouped) => {
          // Prepare
          const held = new Map<number, number>();
          const order: number[] = [];
          let running = 0;
          const decode = async (group: readonly Prepared[]) => {
            const ids = group.map((prepared) => Number(keyOf(prepared)));
            order.push(...ids);
            for (const id of ids) held.set(id, all[id]?.working ?? 0);
            running += 1;
            const bytes = [...held.values()].filter((one) => one > 0);
            expect(running).toBeLessThanOrEqual(decodes);
            expect(bytes.length <= 1 || bytes.reduce((a, b) => a + b, 0) <= limit).toBe(true);
            for (let i = 0; i < (all[ids[0] ?? 0]?.turns ?? 0); i += 1) await turn();
            running -= 1;
            const results = ids.map((id) =>
              done(String(id), Math.min(all[id]?.output ?? 0, all[id]?.working ?? 0)),
            );
            for (const [at, id] of ids.entries()) held.set(id, results[at]?.file?.length ?? 0);
            return results;
          };
          const queue = new DecodeQueue({ decode, decodes, workingBytes: limit, grouped });

          // Act
          const keys = await Promise.all(
            all.map(({ working, input, turns }, id) =>
              queue.add(image(String(id), working, input), async ({ row }) => {
                for (let i = 0; i < turns; i += 1) await turn();
                held.delete(id);
                return row.key;
              }),
            ),
          );

          // Assess
          expect(order).toEqual(all.map((_, id) => id));
          expect(keys).toEqual(all.map((_, id) => String(id)));
        },
      ),
      { numRuns: 100 },
    );
  });
});
