import { describe, expect, it } from 'vitest';
import type { ArmRound } from '../../../src/aggregate/run-facts.ts';
import type { KeptJob } from '../../../src/fleet/arm-info.ts';
import type { ArmSetup } from '../../../src/model/arm-setup.ts';
import { calibrate, inAws, type MeasuredRun } from '../../../src/model/calibrate.ts';
import type { Calibration } from '../../../src/model/calibration.ts';
import { estimate } from '../../../src/model/estimate.ts';
import { curvesOfRun, jobOfRun } from '../../../src/model/measured-job.ts';
import { setupsOf } from '../../../src/model/predict.ts';
import { readPrices } from '../../../src/prices/prices.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { sampleInput } from '../report/sample.ts';

const PRICES = readPrices('us-east-1');

/** A run in an account. */
async function sampleRun(): Promise<Summary> {
  const run = await buildSummary(await sampleInput({ images: 400, batchSize: 10 }));
  return { ...run, environment: { ...run.environment, offline: false } };
}

/** The run with a round of an arm changed: 20 batches of 10 images on two slots. */
function withRound(run: Summary, arm: 'serverless' | 'fleet', over: Partial<ArmRound>): MeasuredRun {
  const change = (round: ArmRound): ArmRound => (round.arm === arm ? { ...round, ...over } : round);
  return { ...run, rounds: run.rounds.map((each) => ({ ...each, arms: each.arms.map(change) })) };
}

const WORK = {
  spans: 20,
  cpuMs: 200 * 15,
  billedMs: 0,
  rssPeakBytes: 0,
  coldStarts: 2,
  coldStartMs: 600,
  kernels: [],
  outputBytes: 0,
  getMs: 200 * 8,
  kept: { batches: 0, items: 0, processMs: 0, cpuMs: 0 },
  workerCount: 2,
  workers: [],
};
const OVERHEAD = {
  ...{ batch: 300, idleAtStart: 40, idleBetween: 100, idleAtEnd: 60 },
  ...{ reduce: 0, betweenStages: 0, unmeasured: 0 },
};
/** Of two slots: a batch is 10 images of 20 ms, 50 ms of writing, 30 ms inside and 10 ms before the next one. */
const MEASURED: Partial<ArmRound> = {
  status: 'succeeded',
  items: 200,
  bytes: 200 * 80_000,
  peakConcurrency: 2,
  work: WORK,
  phases: {
    provision: 400,
    coldStart: 300,
    load: 80,
    process: 2000,
    write: 500,
    overhead: 500,
    teardown: 250,
  },
  overhead: OVERHEAD,
};

/** Two stages of 10 batches of 10 images, of the second of which so many were in memory; its second slot came late in each. */
async function stagedRun(kept: number): Promise<MeasuredRun> {
  const times = { isReduced: true, startedAt: 0, reducedAt: 0, reduceMs: 200, reduceCpuMs: 0, cpuMs: 0 };
  const counts = { batches: 10, batchesTakenOver: 0 };
  return withRound(await sampleRun(), 'serverless', {
    ...MEASURED,
    ...{ items: 100, startedAt: 5_000 },
    work: { ...WORK, kept: { batches: kept, items: 10 * kept, processMs: 100 * kept, cpuMs: 100 * kept } },
    stages: [0, 1].map((stage) => ({ ...times, ...counts, stage, mapEndedAt: 5_500, kept: kept * stage })),
    overhead: { ...OVERHEAD, reduce: 400, betweenStages: 700 },
  });
}

/** The serverless arm of the job that a staged run was. */
function setupOf(run: MeasuredRun, calibration: Calibration): ArmSetup {
  const job = { ...jobOfRun(run), items: 100, batchSize: 10, concurrency: 2, workers: 2, warm: false };
  expect(job.stages).toBe(2);
  const [setup] = setupsOf({ ...job, bytesPerItem: calibration.bytesPerItem }, calibration, PRICES);
  if (setup === undefined) throw new Error('Expected the arm.');
  return setup;
}

describe('calibrate', () => {
  it('takes times of an image and of a batch from phases that are means over slots', async () => {
    const { serverless } = calibrate(withRound(await sampleRun(), 'serverless', MEASURED));
    expect(serverless).toMatchObject({ startMs: 440, endMs: 250, coldStartMs: 300 });
    expect(serverless?.work).toMatchObject({ itemMs: 20, batchMs: 8 + 50 + 30, dispatchMs: 10 });
  });

  it('takes the wait for the first image for one of the batch, and what is beyond a GET for one of the images', async () => {
    const load = { ...MEASURED.phases, load: 480 } as ArmRound['phases'];
    const { serverless } = calibrate(
      withRound(await sampleRun(), 'serverless', { ...MEASURED, phases: load }),
    );
    // 48 ms a batch: a GET of 8 ms, and 4 ms an image.
    expect(serverless?.work).toMatchObject({ itemMs: 24, batchMs: 8 + 50 + 30 });
  });

  it('takes all waiting for bytes for one of the images offline, where S3 takes its time from the same cores', async () => {
    const run = withRound(await sampleRun(), 'serverless', MEASURED);
    const { serverless } = calibrate({ ...run, environment: { ...run.environment, offline: true } });
    // 8 ms of each batch of 10.
    expect(serverless?.work).toMatchObject({ itemMs: 20.8, batchMs: 50 + 30 });
  });

  it('gives back the time of the run that it was made of', async () => {
    const run = withRound(await sampleRun(), 'serverless', MEASURED);
    const calibration = calibrate(run);
    const job = { ...jobOfRun(run), items: 200, batchSize: 10, concurrency: 2, workers: 2, warm: false };
    const [setup] = setupsOf({ ...job, bytesPerItem: calibration.bytesPerItem }, calibration, PRICES);
    if (setup === undefined) throw new Error('Expected the arm.');
    // Ten batches on each slot, after its cold start.
    expect(setup.batches).toBe(20);
    expect(estimate(setup).wallMs).toBeCloseTo(440 + 300 + 10 * (200 + 88 + 10) + 250, 3);
  });

  it('takes batches of later stages that were in memory apart, and gives back the time of that run', async () => {
    const run = await stagedRun(10);
    const calibration = calibrate(run);
    const { serverless } = calibration;
    expect(serverless).toMatchObject({
      startMs: 400 + 20,
      stage: { betweenMs: (700 + 20) / 2, reduceBatchMs: 20 },
    });
    // Of 4,000 ms of slots 1,000 are of the 100 images that were kept; and 160 ms of loading are of batches that were read.
    expect(serverless?.work).toMatchObject({
      ...{ itemMs: 30, itemCpuMs: 20, batchMs: 16 + 50 + 30, dispatchMs: 10 },
      kept: { part: 1, itemMs: 10, itemCpuMs: 10, batchMs: 50 + 30 },
    });
    const setup = setupOf(run, calibration);
    expect(setup).toMatchObject({ batches: 10, gets: 10, stages: 2, stageMs: 360 + 200, reduceMs: 200 });
    expect(setup.batchMs).toBeCloseTo(300 + 96 + 10, 6);
    expect(setup.later).toMatchObject({ batchMs: 100 + 80 + 10, gets: 0 });
    const ofBatches = 5 * (300 + 96 + 10) + 5 * (100 + 80 + 10);
    expect(estimate(setup).wallMs).toBeCloseTo(420 + 300 + ofBatches + 2 * (360 + 200) + 250, 3);
  });

  it('takes the mean of later batches where some were read, and the first stage for more of them', async () => {
    const run = await stagedRun(4);
    const calibration = calibrate(run);
    const { work } = calibration.serverless ?? {};
    expect(work?.kept?.part).toBe(0.4);
    const { batchMs, later, ...setup } = setupOf(run, calibration);
    const keptMs = 10 * (work?.kept?.itemMs ?? 0) + (work?.kept?.batchMs ?? 0) + 10;
    expect(later).toMatchObject({ gets: 6, batchMs: expect.closeTo(0.4 * keptMs + 0.6 * batchMs, 6) });
    const ten = estimate({ ...setup, batchMs, later, stages: 10 }).windowMs;
    expect(ten).toBeCloseTo(300 + 5 * batchMs + 9 * 5 * later.batchMs + 10 * 560, 3);
    // Nothing is in memory of a job that is a single map.
    const single = setupsOf({ ...jobOfRun(run), items: 100, stages: null }, calibration, PRICES)[0];
    expect(single?.later).toEqual({ batchMs: single?.batchMs, gets: single?.gets });
  });

  it('takes for the spread of batches that of the first stage, where all of them are read', async () => {
    const run = await stagedRun(10);
    const bars = [0, 100, 200, 1000, 1100, 1200].map((startMs, batch) => ({
      ...{ batch, startMs, coldStartMs: 0, items: 10, errors: 0 },
      endMs: startMs + (startMs < 1000 ? 100 : 30),
    }));
    const timelines = run.timelines.map((each) => ({
      ...each,
      lanes: each.lanes.slice(0, 1).map((lane) => ({ ...lane, batches: bars })),
    }));
    expect(calibrate({ ...run, timelines }).serverless?.work.spread).toBeCloseTo(0, 9);
  });

  it('knows that offline all slots share the cores, and that those of AWS do not', async () => {
    const run = await sampleRun();
    const offline = {
      ...withRound(run, 'serverless', MEASURED),
      environment: { ...run.environment, offline: true, cores: 2 },
    };
    const calibration = calibrate(offline);
    expect(calibration.sharedCores).toBe(2);
    const job = { ...jobOfRun(offline), items: 10_000, concurrency: 2 };
    const batchMs = (over: object, by = calibration) =>
      setupsOf({ ...job, ...over }, by, PRICES)[0]?.batchMs ?? 0;
    // Four slots on two cores: each image takes twice as long.
    const imagesMs = batchMs({}) - 90;
    expect(batchMs({ concurrency: 4 }) - 90).toBeCloseTo(2 * imagesMs, 6);
    const aws = inAws(calibration, 'daft');
    expect(aws.sharedCores).toBeNull();
    expect(batchMs({ concurrency: 400 }, aws)).toBe(batchMs({}, aws));
    expect(aws.serverless?.work).toMatchObject({ itemMs: 15, vcpus: 1 });
    expect(aws.fleet?.bootMs).toBeGreaterThan(60_000);
  });

  it('reads boot, start and end of a fleet', async () => {
    const { fleet } = calibrate(withRound(await sampleRun(), 'fleet', MEASURED));
    expect(fleet).toMatchObject({ bootMs: 400, engineStartMs: 40 + 300, endMs: 250 });
    expect(fleet?.slotsPerWorker).toBeGreaterThan(0);
  });

  it('reads the boot of a kept fleet from its hosts, with the warm-up of all', async () => {
    const run = await sampleRun();
    const fleet = run.rounds[0]?.arms.find(({ arm }) => arm === 'fleet')?.fleet;
    if (!fleet) throw new Error('Expected the fleet of the sample.');
    const bootStartedAt = Math.min(...fleet.hosts.map((host) => host.bootStartedAt));
    const bootMs = (startedAt: number) => {
      const hosts = fleet.hosts.map((host) =>
        host.role === 'worker' ? host : { ...host, steps: [{ name: 'warm-up', ms: 9_000, startedAt }] },
      );
      const kept = { id: 'four.1', name: 'four', job: 1 } as KeptJob;
      return calibrate(withRound(run, 'fleet', { ...MEASURED, fleet: { ...fleet, hosts, kept } })).fleet
        ?.bootMs;
    };
    const ready = Math.max(...fleet.hosts.map(({ readyAt }) => readyAt)) - bootStartedAt;
    expect(bootMs(bootStartedAt + 17_000)).toBe(26_000);
    expect(bootMs(bootStartedAt + 1_000)).toBe(ready);
  });

  it('does without an arm that failed, was resumed, or left no spans, and refuses a run with neither', async () => {
    const run = await sampleRun();
    for (const over of [
      { status: 'failed' },
      { batchesTakenOver: 3 },
      { work: null },
    ] as Partial<ArmRound>[]) {
      const lacking = withRound(run, 'fleet', over);
      expect(calibrate(lacking).fleet).toBeNull();
      expect(calibrate(lacking).serverless).not.toBeNull();
      expect(curvesOfRun(lacking, PRICES)).toBeNull();
    }
    expect(() => calibrate({ ...run, rounds: [] })).toThrow('NOT_MEASURED');
  });
});

describe('curvesOfRun', () => {
  it('has both arms, says what it rests on, and is in the summary where there are prices', async () => {
    const input = await sampleInput({ images: 400, batchSize: 10 });
    const { curves } = buildSummary({ ...input, prices: PRICES });
    expect(curves?.arms.map(({ arm }) => arm)).toEqual(['serverless', 'fleet']);
    expect(curves?.calibration).toContain(input.run.runId);
    expect(buildSummary({ ...input, prices: null }).curves).toBeNull();
    expect(buildSummary(input).curves).toBeNull();
  });

  it('has none where the fleet has a type without a price', async () => {
    const run = await sampleRun();
    const request = { ...run.request, instanceType: 'x9.huge' };
    expect(curvesOfRun({ ...run, request }, PRICES)).toBeNull();
  });
});
