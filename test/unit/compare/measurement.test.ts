import { describe, expect, it } from 'vitest';
import type { ArmRound } from '../../../src/aggregate/run-facts.ts';
import { measurementOf, measurementSchema } from '../../../src/compare/measurement.ts';
import { oneArm } from '../report/one-arm.ts';

const TURN = { round: 2, point: 1 };
const PROCESSING = { startedAt: 1000, endedAt: 5500, cpuMs: 6000, batches: 20 };
const { summary, arm, withArm } = await oneArm('serverless');

describe('measurementOf', () => {
  it('has the figures of the arm in seconds, and what it must have in common with the others', () => {
    const measured = measurementOf(TURN, summary, PROCESSING, ['run-x']);
    expect(measured).toMatchObject({
      ...TURN,
      runId: summary.runId,
      status: 'succeeded',
      figures: { wall: (arm.wallMs ?? 0) / 1000, processing: 4.5, cpu: 6 },
      workload: 'stats',
      items: 1000,
      failedItems: 0,
      batches: 20,
      digest: arm.digest,
      kernels: ['native'],
      coldStarts: arm.work?.coldStarts,
      besides: ['run-x'],
    });
    expect(measurementSchema.parse(JSON.parse(JSON.stringify(measured)))).toEqual(measured);
  });

  it('knows no figures of batches where there are no spans', () => {
    expect(measurementOf(TURN, summary, null, [])).toMatchObject({
      figures: { processing: null, cpu: null },
    });
  });

  it.each<[string, Partial<ArmRound>, string]>([
    ['failed', { status: 'failed', error: { code: 'States.Timeout', message: 'Late.' } }, 'States.Timeout'],
    ['could not be read', { digest: null }, 'NOT_READ'],
  ])('is a failure where the arm %s', (_, changes, code) => {
    expect(measurementOf(TURN, withArm(changes), PROCESSING, [])).toMatchObject({
      status: 'failed',
      error: { code },
    });
  });
});
