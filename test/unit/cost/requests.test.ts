import { describe, expect, it } from 'vitest';
import { fleetRequests } from '../../../src/cost/requests.ts';
import { fleetSetup } from '../../../src/model/arm-setup.ts';
import { jobSchema } from '../../../src/model/job.ts';
import { defaultCalibration } from '../../../src/model/parameters.ts';
import { fleetUse } from '../../../src/model/usage.ts';

const work = {
  batches: 100,
  engineMs: 60_000,
  instances: [{ runningMs: 90_000 }, { runningMs: 90_000, count: 2 }],
  workerStarts: 0,
};

describe('fleetRequests', () => {
  it('counts what head and hosts ask for', () => {
    expect(fleetRequests(work)).toEqual({
      // 30 looks of 2 s, and 3 around them.
      lists: 33,
      // Each batch and the whole of the manifest; bundle and report of each host.
      gets: 100 + 1 + 2 * 3,
      // Those of the fleet; of each host its boot and 18 samples of 5 s.
      puts: 7 + 3 + 3 * 18,
    });
    expect(fleetRequests({ ...work, workerStarts: 2 }).puts).toBe(7 + 3 + 3 * 18 + 4);
  });

  it('lists no more for more batches, and samples less often after an hour', () => {
    expect(fleetRequests({ ...work, batches: 1e7 }).lists).toBe(33);
    const hour = 3_600_000;
    const puts = (ms: number) => fleetRequests({ ...work, instances: [{ runningMs: ms }] }).puts - 8;
    expect([puts(hour), puts(2 * hour), puts(4 * hour)]).toEqual([720, 720 + 360, 720 + 2 * 360]);
  });

  it('is what a job that has not run is taken to ask for', () => {
    const job = jobSchema.parse({ items: 10_000, workers: 2, concurrency: 2, engine: 'grpc' });
    const calibration = defaultCalibration('grpc');
    if (calibration.fleet === null) throw new Error('Expected figures of a fleet.');
    const setup = fleetSetup(job, calibration, calibration.fleet, 2);
    const wallMs = setup.firstMs + 60_000 + setup.endMs;
    const beside = fleetRequests({
      ...work,
      engineMs: 60_000,
      instances: [{ runningMs: wallMs, count: 3 }],
    });
    expect(fleetUse(job, setup, { wallMs, busyMs: 100_000 }).s3).toMatchObject({
      lists: beside.lists,
      gets: 10_000 + beside.gets,
      puts: 2 * 100 + beside.puts,
    });
  });
});
