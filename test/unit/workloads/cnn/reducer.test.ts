import { describe, expect, it } from 'vitest';
import { drawnOrder } from '../../../../src/workloads/cnn/order.ts';
import { cnnReducer } from '../../../../src/workloads/cnn/reducer.ts';
import { type Shard, writeShard } from '../../../../src/workloads/cnn/shard.ts';
import { foundIn, readState, writeState } from '../../../../src/workloads/cnn/state.ts';

const WORK = { rounds: 2, steps: 2, rate: 0.1, momentum: 0.9, seed: 1 };
const stateOf = (...values: number[]) =>
  Buffer.from(writeState({ side: 8, classes: 10, found: null, values: Float32Array.from(values) }));
const shardOf = (changes: Partial<Shard>) =>
  Buffer.from(
    writeShard({ images: 0, steps: 0, loss: 0, train: [0, 0], test: [0, 0], values: null, ...changes }),
  );
const learnt = (images: number, values: number[], changes: Partial<Shard> = {}) =>
  shardOf({ images, steps: 2, loss: 5, values: Float32Array.from(values), ...changes });

describe('what shards have learnt', () => {
  it('adds up to the mean of their values, each as often as it has images', () => {
    const reducer = cnnReducer(WORK, { number: 0, state: stateOf(9, 9) });
    reducer.add(learnt(3, [1, -2], { train: [1, 3], test: [2, 2] }));
    reducer.add(shardOf({ test: [1, 4] }));
    reducer.add(learnt(1, [5, 2], { train: [1, 1], test: [0, 1] }));
    const { outcome, isLast } = reducer.finish();
    const { values, ...state } = readState(Buffer.from(outcome));
    // A loss of 10 / 4 millionths is rounded up.
    expect(state).toEqual({ side: 8, classes: 10, found: { loss: 3, train: [2, 4], test: [3, 7] } });
    expect([...values]).toEqual([2, -1]);
    expect(isLast).toBe(false);
    expect(foundIn(Buffer.from(outcome)).found).toEqual(state.found);
  });

  it('leaves the values where it is nothing, and ends behind the last round', () => {
    const reducer = cnnReducer(WORK, { number: 2, state: stateOf(9, 8) });
    reducer.add(shardOf({}));
    const { outcome, isLast } = reducer.finish();
    expect([...readState(Buffer.from(outcome)).values]).toEqual([9, 8]);
    expect(isLast).toBe(true);
  });

  it.each([
    ['no JSON', Buffer.from('{')],
    ['another number of values', learnt(3, [1])],
    ['values from no images', learnt(0, [1, 2])],
    ['more recognised than there are', learnt(3, [1, 2], { train: [2, 1] })],
  ])('is refused where it has %s', (_, file) => {
    const reducer = cnnReducer(WORK, { number: 0, state: stateOf(9, 9) });
    expect(() => reducer.add(file)).toThrow('OUTCOME_DAMAGED');
  });

  it.each([
    '[]',
    '{"side":8,"classes":10,"found":null,"values":"AA"}',
    '{"side":8,"classes":1,"found":null,"values":"AAAAAA=="}',
  ])('cannot be added to the state %s', (state) => {
    expect(() => cnnReducer(WORK, { number: 0, state: Buffer.from(state) })).toThrow('OUTCOME_DAMAGED');
  });
});

it('takes each image once before it takes one again', () => {
  const order = [...drawnOrder(7, 20, 3, 2)];
  const sorted = (from: number) => order.slice(from, from + 7).sort();
  expect([sorted(0), sorted(7)]).toEqual([
    [0, 1, 2, 3, 4, 5, 6],
    [0, 1, 2, 3, 4, 5, 6],
  ]);
  expect(order.slice(0, 7)).not.toEqual(order.slice(7, 14));
  expect(order).not.toEqual([...drawnOrder(7, 20, 3, 1)]);
});
