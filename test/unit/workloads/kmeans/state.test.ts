import { describe, expect, it } from 'vitest';
import {
  centresText,
  inertiaIn,
  readState,
  type State,
  writeState,
} from '../../../../src/workloads/kmeans/state.ts';

const STATE: State = {
  ...{ width: 1, height: 1, sizes: [2, 0], inertia: '12.345678' },
  centres: [
    { count: 2, sum: [1, 2, 510] },
    { count: 1, sum: [0, 0, 0] },
  ],
};
const bufferOf = (change: object) => Buffer.from(writeState({ ...STATE, ...change }));

describe('a state', () => {
  it('has one text form, of which is read what was written', () => {
    expect(writeState(STATE)).toBe(
      '{"width":1,"height":1,"centres":[{"count":2,"sum":[1,2,510]},{"count":1,"sum":[0,0,0]}],"sizes":[2,0],"inertia":"12.345678"}',
    );
    expect(readState(bufferOf({}))).toEqual(STATE);
    expect(readState(bufferOf({ sizes: null, inertia: null }))).toEqual({
      ...STATE,
      sizes: null,
      inertia: null,
    });
  });

  it('is read once for each buffer', () => {
    const file = bufferOf({});
    expect(readState(file)).toBe(readState(file));
  });

  it('has its inertia at its end, and the text of its centres before', () => {
    expect(inertiaIn(bufferOf({}))).toBe('12.345678');
    expect(() => inertiaIn(bufferOf({ inertia: null }))).toThrow('[OUTCOME_DAMAGED]');
    expect(centresText(bufferOf({ sizes: null, inertia: null }))).toEqual(centresText(bufferOf({})));
    expect(centresText(bufferOf({ centres: STATE.centres.toReversed() }))).not.toEqual(
      centresText(bufferOf({})),
    );
  });

  it.each<[string, object]>([
    ['no pixels', { width: 0 }],
    ['another size', { height: 2 }],
    ['no centres', { centres: [] }],
    ['a centre of no images', { centres: [{ count: 0, sum: [0, 0, 0] }] }],
    ['a centre of too many images', { centres: [{ count: 2 ** 31 + 1, sum: [0, 0, 0] }] }],
    ['a sum beyond those of bytes', { centres: [{ count: 1, sum: [0, 0, 256] }] }],
    ['a fraction', { centres: [{ count: 1, sum: [0, 0, 0.5] }] }],
    ['other sizes', { sizes: [1] }],
  ])('with %s is damaged', (_, change) => {
    expect(() => readState(bufferOf(change))).toThrow('[OUTCOME_DAMAGED] Expected centres but');
  });

  it('has to be JSON', () => {
    expect(() => readState(Buffer.from('{'))).toThrow('[OUTCOME_DAMAGED]');
  });
});
