import fc from 'fast-check';
import type { ArmSetup } from '../../../src/model/arm-setup.ts';

/** An arm without any randomness: a second a batch, everything else out of the way. */
export const PLAIN: ArmSetup = {
  arm: 'serverless',
  label: 'test',
  items: 1000,
  batches: 100,
  slots: 10,
  slotsLimit: 'concurrency',
  firstMs: 0,
  slotsAtOnce: 1000,
  slotsPerSecond: 100,
  slotStartMs: 0,
  slotStartSpread: 0,
  batchMs: 1000,
  dispatchMs: 0,
  waitsForS3: false,
  spread: 0,
  startsPerSecond: Number.POSITIVE_INFINITY,
  gets: 10,
  puts: 2,
  getsPerSecond: 1e9,
  putsPerSecond: 1e9,
  getsAtOnce: 16,
  stages: 1,
  later: { batchMs: 1000, gets: 10 },
  stageMs: 0,
  reduceMs: 0,
  mostBatchMs: Number.POSITIVE_INFINITY,
  endMs: 0,
  hosts: null,
};

/** Later stages are as the first one, unless something else is said of them. */
export function setupOf(over: Partial<ArmSetup>): ArmSetup {
  const setup = { ...PLAIN, ...over };
  return { ...setup, later: over.later ?? { batchMs: setup.batchMs, gets: setup.gets } };
}

/** Arms of every kind: ramping up or not, limited by S3 or not. */
export const anySetup: fc.Arbitrary<ArmSetup> = fc
  .record({
    batches: fc.integer({ min: 1, max: 3000 }),
    slots: fc.integer({ min: 1, max: 400 }),
    firstMs: fc.integer({ min: 0, max: 5000 }),
    slotsAtOnce: fc.integer({ min: 1, max: 100 }),
    slotsPerSecond: fc.integer({ min: 1, max: 50 }),
    slotStartMs: fc.integer({ min: 0, max: 2000 }),
    batchMs: fc.integer({ min: 10, max: 20_000 }),
    startsPerSecond: fc.integer({ min: 1, max: 1000 }),
    getsPerSecond: fc.integer({ min: 10, max: 5500 }),
    putsPerSecond: fc.integer({ min: 10, max: 5500 }),
    endMs: fc.integer({ min: 0, max: 5000 }),
  })
  .map(setupOf);
