import { describe, expect, it } from 'vitest';
import { type BatchShape, InferenceBatches } from '../../../../src/models/inference/batches.ts';
import type { InferenceBatch, Inferred } from '../../../../src/models/inference/session.ts';

const SHAPE: BatchShape = { shape: [3, 1, 2], type: 'float32', bgr: false, images: 3, classes: 2 };

const turn = () => new Promise((resolve) => setImmediate(resolve));
const tensor = (first: number) => Float32Array.from([first, 1, 2, 3, 4, 5]);

/** A model whose calls end when they are told to: of each image it gives the first and the last number. */
function controlled(changes: Partial<BatchShape> = {}, atOnce = 1) {
  const shape = { ...SHAPE, ...changes };
  const calls: { batch: InferenceBatch; end: (changes?: Partial<Inferred>) => void; fail: () => void }[] = [];
  const batches = new InferenceBatches(
    shape,
    (batch) => {
      const { promise, resolve, reject } = Promise.withResolvers<Inferred>();
      const count = batch.dims[0] ?? 0;
      const values = Float32Array.from({ length: 2 * count }, (_, at) => {
        const first = 6 * Math.floor(at / 2);
        return batch.data[at % 2 === 0 ? first : first + 5] ?? 0;
      });
      const end = (changes: Partial<Inferred> = {}) =>
        resolve({ values, dims: [count, 2], buffer: batch.data.buffer, ms: 1, atOnce: count, ...changes });
      calls.push({ batch, end, fail: () => reject(new Error('no more')) });
      return promise;
    },
    atOnce,
  );
  /** Ask about tensors that begin with these numbers. */
  const ask = async (...firsts: readonly number[]) => {
    const room = batches.room();
    for (const [at, first] of firsts.entries()) room.set(tensor(first), 6 * at);
    return (await batches.answer(room, firsts.length)).map(({ values }) => [...values]);
  };
  return { batches, calls, ask };
}

describe('InferenceBatches', () => {
  it('gives the model the tensors that there are, one batch after the other', async () => {
    const { calls, ask } = controlled();
    const asked = [ask(10), ask(20, 30, 40)];
    await turn();
    expect(calls.map(({ batch }) => batch.dims)).toEqual([[1, 3, 1, 2]]);
    calls[0]?.end();
    await turn();
    expect(calls[1]?.batch.dims).toEqual([3, 3, 1, 2]);
    expect([...(calls[1]?.batch.data ?? [])]).toEqual([20, 30, 40].flatMap((value) => [...tensor(value)]));
    calls[1]?.end();
    expect(await Promise.all(asked)).toEqual([
      [[10, 5]],
      [
        [20, 5],
        [30, 5],
        [40, 5],
      ],
    ]);
  });

  it('has as many calls at once as it may, each with memory of its own that a later one uses again', async () => {
    const { batches, calls, ask } = controlled({ images: 1 }, 2);
    const asked = [ask(1), ask(2), ask(3)];
    await turn();
    expect(calls).toHaveLength(2);
    const [one, two] = calls;
    expect(one?.batch.data.buffer).not.toBe(two?.batch.data.buffer);
    two?.end();
    await turn();
    expect(calls).toHaveLength(3);
    expect(batches.room().buffer).toBe(two?.batch.data.buffer);
    one?.end();
    calls[2]?.end();
    expect(await Promise.all(asked)).toEqual([[[1, 5]], [[2, 5]], [[3, 5]]]);
  });

  it('asks nothing where no image has a tensor, and uses the room again', async () => {
    const { batches, calls } = controlled();
    const room = batches.room();
    expect(await batches.answer(room, 0)).toEqual([]);
    expect(calls).toEqual([]);
    expect(batches.room().buffer).toBe(room.buffer);
  });

  it.each([
    ['planes', [3, 1, 2], [4, 5, 2, 3, 10, 1]],
    ['pixels', [1, 2, 3], [2, 1, 10, 5, 4, 3]],
  ] as const)('swaps the first and the last channel of %s', async (_, shape, swapped) => {
    const { calls, ask } = controlled({ shape, bgr: true });
    void ask(10, 20);
    await turn();
    const second = swapped.map((value) => (value === 10 ? 20 : value));
    expect([...(calls[0]?.batch.data ?? [])]).toEqual([...swapped, ...second]);
  });

  it('gives bytes as bytes', async () => {
    const { batches, calls } = controlled({ type: 'uint8' });
    const room = batches.room();
    room.set([1, 2, 3, 4, 5, 255]);
    void batches.answer(room, 1);
    await turn();
    expect(calls[0]?.batch.data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 255));
  });

  it('fails the images of a batch that failed, and goes on with the next', async () => {
    const { calls, ask } = controlled({ images: 1 });
    const [first, second] = [ask(1), ask(2)];
    await turn();
    calls[0]?.fail();
    await expect(first).rejects.toThrow('no more');
    await turn();
    calls[1]?.end();
    expect(await second).toEqual([[2, 5]]);
  });

  it.each([[[1, 3]], [[2, 2]], [[1, 2, 1]], [[2]]])('refuses an output of the shape %j', async (dims) => {
    const { calls, ask } = controlled();
    const asked = ask(1);
    await turn();
    calls[0]?.end({ dims });
    await expect(asked).rejects.toThrow(
      `[INVALID_INPUT] Expected [1, 2], images and classes, as the shape of what the model gives but found [${dims.join(', ')}]`,
    );
  });
});
