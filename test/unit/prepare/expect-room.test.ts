import { expect, it } from 'vitest';
import { expectRoom, type Workers } from '../../../src/prepare/expect-room.ts';

const MIB = 1024 * 1024;
const workers = (over: Partial<Workers> = {}): Workers => ({
  arms: ['serverless'],
  memory: 1769,
  instanceTypes: ['t3.medium'],
  engine: 'grpc',
  kernel: 'native',
  ...over,
});
const refusal = (mib: number, over: Partial<Workers>) => {
  try {
    expectRoom(mib * MIB, workers(over));
    return null;
  } catch (error) {
    return String(error);
  }
};

it('refuses a training set that functions have no room for, and says how much would do', () => {
  // The program and an image take 192 MiB; the set is there twice.
  expect(refusal(788, {})).toBeNull();
  expect(refusal(789, {})).toMatch(
    /INVALID_INPUT.* at least 1770 MB for a training set of 789 MiB but they have 1769 MB: give them `memory` 1770/,
  );
  expect(refusal(789, { memory: 1770 })).toBeNull();
  expect(refusal(788, { kernel: 'portable' })).toContain('2556 MB');
  expect(refusal(6000, { memory: 10_240 })).toContain('functions have at most 10240 MB, so learn from fewer');
});

it('refuses one that hosts have no room for, with a process for each vCPU of engines in Python', () => {
  // Of 4 GiB the system has 1.
  const fleet = { arms: ['fleet'] as const satisfies Workers['arms'][number][] };
  expect(refusal(1440, fleet)).toBeNull();
  expect(refusal(1441, fleet)).toMatch(/at least 4.1 GiB, since 1 process holds it, .* t3.medium has 4 GiB/);
  expect(refusal(672, { ...fleet, engine: 'ray' })).toBeNull();
  expect(refusal(673, { ...fleet, engine: 'ray' })).toContain('since 2 processes hold it');
  expect(refusal(5000, { ...fleet, instanceTypes: ['x9.unknown'] })).toBeNull();
});
