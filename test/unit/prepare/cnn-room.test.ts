import { describe, expect, it } from 'vitest';
import { heldOfCnn } from '../../../src/prepare/cnn-room.ts';
import { expectRoom } from '../../../src/prepare/expect-room.ts';

const MIB = 1024 * 1024;

describe('what a network takes', () => {
  // Measured: docs/cnn.md has the table.
  it.each([
    ['small', 8, 30_420, 68],
    ['small', 32, 30_420, 169],
    ['resnet18', 8, 4_282_916, 523],
    ['resnet18', 32, 11_229_732, 1840],
  ] as const)(
    'is what was measured of %s with images of %i x, and a little more',
    (network, side, values, mib) => {
      const { node, python, what } = heldOfCnn(values, network, side);
      for (const { perBatch, shared } of [node.native, node.portable, python]) {
        expect(shared).toBe(0);
        expect(perBatch / MIB).toBeGreaterThan(mib);
        expect(perBatch / MIB).toBeLessThan(mib + 35 + 0.05 * mib);
      }
      expect(what).toContain(`of ${side} x ${side}`);
    },
  );

  it('is there once in a function, however many cores it has, and on a host for each', () => {
    const held = heldOfCnn(11_229_732, 'resnet18', 32);
    const common = { engine: 'grpc', kernel: 'native' } as const;
    const inFunctions = (memory: number) =>
      expectRoom(held, { ...common, arms: ['serverless'], instanceTypes: [], memory });
    expect(() => inFunctions(10_240)).not.toThrow();
    expect(() => inFunctions(1769)).toThrow('take a smaller `network`, or smaller images');
    const onHosts = (type: string) =>
      expectRoom(held, { ...common, arms: ['fleet'], instanceTypes: [type], memory: 1769 });
    expect(() => onHosts('m5.large')).not.toThrow();
    expect(() => onHosts('c7i.large')).toThrow('take a smaller `network`, or smaller images');
  });
});
