import { describe, expect, it } from 'vitest';
import { type CapacityPool, capacityFrom } from '../../../localstack/ec2/state/capacity.ts';

const pool = (changes: Partial<CapacityPool> = {}): CapacityPool => ({
  instanceType: 't3.medium',
  availabilityZone: 'us-east-1a',
  market: 'spot',
  ...changes,
});

describe('capacityFrom', () => {
  it('limits what a rule names, and nothing else', () => {
    const capacityOf = capacityFrom(['spot:t3.medium@us-east-1a=2']);
    expect(capacityOf(pool())).toBe(2);
    const others = [
      { market: 'on-demand' },
      { availabilityZone: 'us-east-1b' },
      { instanceType: 't3.large' },
    ];
    for (const other of others as Partial<CapacityPool>[]) {
      expect(capacityOf(pool(other))).toBe(Number.POSITIVE_INFINITY);
    }
  });

  it('goes by the first rule that fits', () => {
    const capacityOf = capacityFrom(['t3.medium@us-east-1b=1', 'on-demand:*=5', '*=0']);
    expect(capacityOf(pool())).toBe(0);
    expect(capacityOf(pool({ market: 'on-demand' }))).toBe(5);
    expect(capacityOf(pool({ availabilityZone: 'us-east-1b', market: 'on-demand' }))).toBe(1);
  });

  it.each(['t3.medium', '=1', 'reserved:t3.medium=1', 't3.medium=-1', 't3.medium@=1'])(
    'refuses %s',
    (rule) => {
      expect(() => capacityFrom([rule])).toThrow('[INVALID_INPUT] Expected a capacity such as');
    },
  );
});
