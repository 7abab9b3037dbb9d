import { afterAll, describe, expect, it } from 'vitest';
import { Sessions, sessionsOf } from '../../../../src/models/inference/sessions.ts';
import { GRAPH, smallModel, value } from '../small-model.ts';

const model = (file = smallModel()) => ({ file: Buffer.from(file), input: 'images', output: 'scores' });
const batch = (images: number) => ({ data: new Float32Array(images * 60).fill(1), dims: [images, 3, 4, 5] });

const opened: Sessions[] = [];
const open = (...args: Parameters<typeof model>) => {
  const sessions = new Sessions(model(...args));
  opened.push(sessions);
  return sessions;
};

/** The scores, and beside them 4 bytes times the number of images, at least `alone`, to the power of 23: 256 TiB of four, and 32 MiB of two. */
function hungry(alone = 1): Uint8Array {
  const times = (a: string, b: string, c: string) => ({ opType: 'Mul', input: [a, b], output: [c] });
  const one = (name: string, number: number) => ({
    ...{ name, dims: [1n], dataType: 7 },
    rawData: new Uint8Array(BigInt64Array.of(BigInt(number)).buffer),
  });
  return smallModel({
    node: [
      ...GRAPH.node.slice(0, 1),
      { opType: 'MatMul', input: ['flat', 'weights'], output: ['product'] },
      { opType: 'Shape', input: ['images'], output: ['count'], attribute: [{ name: 'end', type: 2, i: 1n }] },
      { opType: 'Max', input: ['count', 'alone'], output: ['n'] },
      ...[times('n', 'n', 'n2'), times('n2', 'n2', 'n4'), times('n4', 'n4', 'n8'), times('n8', 'n8', 'n16')],
      ...[times('n16', 'n4', 'n20'), times('n20', 'n2', 'n22'), times('n22', 'n', 'n23')],
      { opType: 'ConstantOfShape', input: ['n23'], output: ['zeros'] },
      { opType: 'ReduceSum', input: ['zeros'], output: ['zero'] },
      { opType: 'Add', input: ['product', 'zero'], output: ['scores'] },
    ],
    initializer: [...GRAPH.initializer, one('alone', alone)],
  });
}

afterAll(() => Promise.all(opened.map((sessions) => sessions.close())));

describe('Sessions', () => {
  it('runs a model with one image and with many, and gives the memory of the batch back', async () => {
    const sessions = open();
    const given = batch(2);
    const { buffer } = given.data;
    const two = await sessions.run(given, 2);
    expect(two.dims).toEqual([2, 2]);
    expect(two.values).toHaveLength(4);
    expect(new Set(two.values).size).toBe(1);
    expect(buffer.byteLength).toBe(0);
    expect(two.buffer.byteLength).toBe(2 * 60 * 4);
    const again = { data: new Float32Array(two.buffer, 0, 60), dims: [1, 3, 4, 5] };
    expect((await sessions.run(again, 2)).values).toEqual(two.values.subarray(0, 2));
  });

  it('runs several batches at once', async () => {
    const sessions = open();
    const all = await Promise.all(Array.from({ length: 3 }, () => sessions.run(batch(1), 1)));
    expect(all.map(({ dims }) => dims)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  it('says what ONNX Runtime says of a model that it cannot load, or cannot run', async () => {
    await expect(open(Buffer.from('no model')).run(batch(1), 1)).rejects.toThrow(
      /^\[INVALID_INPUT\] Expected a model that ONNX Runtime runs but it does not: .+: correct the model/,
    );
    const sessions = open();
    const tooSmall = sessions.run({ data: new Float32Array(12), dims: [1, 3, 2, 2] }, 1);
    // ONNX Runtime ends some of its messages with the end of a line.
    await expect(tooSmall).rejects.toThrow(
      /^\[INVALID_INPUT\] .*\S: correct the model, e\.g\. by exporting it again\.$/,
    );
    expect((await sessions.run(batch(1), 1)).dims).toEqual([1, 2]);
  });

  it('gives a model half as many images at a time from then on where memory does not suffice', async () => {
    const sessions = open(hungry());
    expect((await sessions.run(batch(2), 4)).atOnce).toBe(2);
    expect(sessions.fitting).toBeUndefined();
    const four = await sessions.run(batch(4), 4);
    expect(four).toMatchObject({ atOnce: 2, dims: [4, 2] });
    expect([...four.values]).toEqual([...(await open().run(batch(4), 4)).values]);
    expect(sessions.fitting).toBe(2);
    expect((await sessions.run(batch(4), 4)).atOnce).toBeLessThanOrEqual(2);
  });

  it('says what to do where it does not suffice for one image', async () => {
    await expect(open(hungry(4)).run(batch(4), 4)).rejects.toThrow(
      /^\[MODEL_TOO_LARGE\] Expected memory for the model with one image at a time but ONNX Runtime says: .+: give the workers more memory/,
    );
  });

  it('refuses an output of another type', async () => {
    const file = smallModel({
      node: [{ opType: 'ArgMax', input: ['images'], output: ['scores'] }],
      initializer: [],
      output: [value('scores', null, 7)],
    });
    await expect(open(file).run(batch(1), 1)).rejects.toThrow('its output is int64');
  });

  it('keeps those of one model, until another one is asked for', async () => {
    const [one, other] = [model(), model()];
    const sessions = await sessionsOf(one);
    expect(await sessionsOf(one)).toBe(sessions);
    const others = await sessionsOf(other);
    opened.push(sessions, others);
    expect(others).not.toBe(sessions);
    // Whoever still has the former ones can go on.
    expect((await sessions.run(batch(1), 1)).dims).toEqual([1, 2]);
  });
});
