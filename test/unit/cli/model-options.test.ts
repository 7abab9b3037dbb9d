import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { estimateCommand } from '../../../cli/commands/estimate.ts';
import { simulateCommand } from '../../../cli/commands/simulate.ts';
import type { Context } from '../../../cli/context.ts';
import { addModelOptions, modelRequestOf } from '../../../cli/model-options.ts';
import { usd } from '../../../src/format.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { WORKLOAD_NAMES } from '../../../src/workloads/names.ts';
import { sampleInput } from '../report/sample.ts';

function requestOf(line: string) {
  const command = addModelOptions(new Command()).exitOverride();
  command.parse(line.split(' '), { from: 'user' });
  return modelRequestOf(command.opts());
}

describe('modelRequestOf', () => {
  it('reads numbers as people write large ones', () => {
    const { job, inAws } = requestOf('--items 50e6 --bytes 110e3 --batch-size 50 --interruptions 0.01');
    expect(job).toEqual({ items: 50e6, bytesPerItem: 110e3, batchSize: 50, interruptionsPerHour: 0.01 });
    expect(inAws).toBe(false);
  });

  it.each(WORKLOAD_NAMES)('takes the workload %s', (workload) => {
    expect(requestOf(`--items 10 --workload ${workload}`).job).toEqual({ items: 10, workload });
  });

  it('wants the number of items, but of a run', () => {
    expect(() => requestOf('--bytes 110e3')).toThrow(/`items`/);
    expect(requestOf('--from a-run').job).toEqual({});
  });

  it.each(['--items 0', '--items 1.5', '--items 10 --workers 300', '--items 10 --memory 100'])(
    'refuses %s',
    (line) => expect(() => requestOf(line)).toThrow('INVALID_INPUT'),
  );
});

describe('estimate and simulate', () => {
  let home = '';
  let context: Context;
  let summary = '';
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'fanfleet-model-'));
    const shell = {
      FANFLEET_PORT: 1,
      FANFLEET_EC2_PORT: 1,
      FANFLEET_HOSTS: 'auto',
      PATH: '',
      HOME: '/',
    } as const;
    const io = {
      result: () => {},
      rows: async () => {},
      note: () => {},
      progress: () => {},
      endProgress: () => {},
    };
    context = { io, root: home, home, shell, stage: 'local', signal: new AbortController().signal };
    summary = join(home, 'summary.json');
    await writeFile(summary, JSON.stringify(buildSummary(await sampleInput({ images: 400, batchSize: 10 }))));
  });
  afterAll(() => rm(home, { recursive: true }));

  it('answers with time, cost and limit of both arms, and what that rests on', async () => {
    const { text, json } = await estimateCommand(context, requestOf('--items 50e6 --bytes 110e3'));
    expect(json.arms.map(({ arm }) => arm)).toEqual(['serverless', 'fleet']);
    expect(text).toMatch(/serverless \(Lambda, 1769 MB, arm64\) .* \$.* S3 GET rate/);
    expect(text).toMatch(/Note: The listing would take/);
    expect(text).toMatch(/Rests on: the native kernel of docs\/performance.md/);
    expect(json.curves?.arms).toHaveLength(2);
  });

  it('says of a run whose arms had different kernels that it weighs different programs', async () => {
    const request = requestOf(`--from ${summary}`);
    const said = 'Different programs are weighed here, and not only arms: the serverless arm measured with';
    expect((await estimateCommand(context, request)).text).not.toContain(said);
    const kernels = { serverless: ['native'], fleet: ['pillow'] };
    const differing = join(home, 'differing.json');
    const input = await sampleInput({ images: 400, batchSize: 10, kernels });
    await writeFile(differing, JSON.stringify(buildSummary(input)));
    const other = requestOf(`--from ${differing}`);
    const { text, json } = await estimateCommand(context, other);
    expect(text).toContain(`${said} native, the fleet arm with pillow.`);
    expect(json.calibration.differentKernels).toContain('pillow');
    expect((await simulateCommand(context, { seed: 1, runs: 2, request: other })).text).toContain(said);
  });

  it('bills the storage class that was named, and says so', async () => {
    const usd = async (more: string) =>
      (await estimateCommand(context, requestOf(`--items 1e6 --bytes 107374.1824${more}`))).json.arms.map(
        (arm) => arm.usd,
      );
    const standard = await usd('');
    const dearer = await usd(' --storage-class STANDARD_IA');
    // A million GETs, and 100 GiB.
    for (const [arm, found] of dearer.entries()) expect(found - (standard[arm] ?? 0)).toBeCloseTo(0.6 + 1, 6);
    const { text } = await estimateCommand(context, requestOf('--items 1e6 --storage-class GLACIER_IR'));
    expect(text).toContain('Images are read at the prices of GLACIER_IR');
    expect(() => requestOf('--items 1e6 --storage-class GLACIER')).toThrow(/Allowed choices are STANDARD,/);
  });

  it('speaks of one batch and of one image as of one', async () => {
    const { text } = await estimateCommand(context, requestOf('--items 1'));
    expect(text).toMatch(/^1 image of 110 kB, statistics, 1 batch\n/);
  });

  it.each([{ runs: 0 }, { runs: 2.5 }, { runs: 1e9 }, { seed: 0.5 }])(
    'does not simulate with %j',
    async (draws) => {
      const request = requestOf('--items 10');
      await expect(simulateCommand(context, { seed: 1, runs: 2, ...draws, request })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        source: 'user',
      });
    },
  );

  it('simulates the same for the same seed', async () => {
    const request = requestOf('--items 1e6 --workers 20 --market spot --interruptions 0.5');
    const once = await simulateCommand(context, { seed: 3, runs: 5, request });
    expect(await simulateCommand(context, { seed: 3, runs: 5, request })).toEqual(once);
    expect((await simulateCommand(context, { seed: 4, runs: 5, request })).json.arms).not.toEqual(
      once.json.arms,
    );
    for (const { p50, p90 } of once.json.arms) expect(p90.seconds).toBeGreaterThanOrEqual(p50.seconds);
  });

  it('has the costs that runs stay below in order, where slower runs cost less', async () => {
    // Each function has one batch, and S3 sets the pace.
    const request = requestOf('--items 1e5 --bytes 250');
    const { text, json } = await simulateCommand(context, { seed: 1, runs: 3, request });
    const found = json.arms[0];
    if (found === undefined) throw new Error('no arm');
    expect(found.p90.usd).toBeLessThan(found.p50.usd);
    expect(found.cost.p90).toBeGreaterThanOrEqual(found.cost.p50);
    expect(text.replaceAll(/ +/g, ' ')).toContain(` ${usd(found.cost.p50)} ${usd(found.cost.p90)} `);
  });

  it('has as many stages as the run had, and of a single map none', async () => {
    // Prepare: the run as one of three stages, of which the last two had all batches in memory
    const measured = JSON.parse(await readFile(summary, 'utf8')) as Summary;
    for (const arm of measured.rounds.flatMap(({ arms }) => arms)) {
      const batches = 40;
      if (arm.work) {
        arm.work.spans = 3 * batches;
        arm.work.kept = { batches: 2 * batches, items: 2 * arm.items, processMs: 1, cpuMs: 1 };
      }
      const times = { startedAt: 0, mapEndedAt: 0, reducedAt: 0, reduceMs: 100, reduceCpuMs: 10, cpuMs: 1 };
      const counts = { isReduced: true, batches, batchesTakenOver: 0 };
      arm.stages = [0, 1, 2].map((stage) => ({
        ...times,
        ...counts,
        stage,
        kept: stage === 0 ? 0 : batches,
      }));
    }
    const staged = join(home, 'staged.json');
    await writeFile(staged, JSON.stringify(measured));

    // Act
    const { text, json } = await estimateCommand(context, requestOf(`--from ${staged}`));
    const simulated = await simulateCommand(context, {
      seed: 1,
      runs: 2,
      request: requestOf(`--from ${staged}`),
    });
    const single = await estimateCommand(context, requestOf(`--from ${summary}`));

    // Assess
    expect(text).toContain('statistics, 40 batches, 3 stages');
    expect(json.job.stages).toBe(3);
    expect(json.calibration.serverless?.work.kept).toMatchObject({ part: 1, itemMs: expect.closeTo(0, 1) });
    expect(simulated.text).toContain('statistics, 3 stages; 2 simulated runs');
    expect(simulated.json.arms.every(({ p50 }) => p50.outcome.done === 3 * 40)).toBe(true);
    expect(single.json.job.stages).toBeNull();
    expect(single.text).toContain('statistics, 40 batches\n');
  });

  it('takes of a workload with stages the most that its settings allow, and says what only a run tells', async () => {
    const kmeans = (more: string) =>
      estimateCommand(context, requestOf(`--items 1797 --bytes 200 --workload kmeans${more}`));
    const [twenty, most] = [await kmeans(' --max-iterations 20'), await kmeans('')];
    const single = await estimateCommand(context, requestOf('--items 1797 --bytes 200'));

    expect(twenty.text).toContain('1,797 images of 200 B, kmeans, 200 batches, 20 stages\n');
    expect(most.json.job.stages).toBe(100);
    for (const { text } of [twenty, most])
      expect(text).toContain('Stages: as many as its settings allow, each of which');
    expect(single.text).not.toContain('Stages:');
    for (const [index, arm] of twenty.json.arms.entries()) {
      expect(arm.seconds).toBeGreaterThan(single.json.arms[index]?.seconds ?? Number.POSITIVE_INFINITY);
      expect(arm.seconds).toBeLessThan(most.json.arms[index]?.seconds ?? 0);
      expect(arm.usd).toBeLessThan(most.json.arms[index]?.usd ?? 0);
      // Of images and of what batches left for the reduce.
      expect(arm.bill.lines.find(({ item }) => item === 'GET')?.quantity).toBeGreaterThanOrEqual(
        20 * (1797 + 200),
      );
    }
  });

  it('refuses a number of iterations of a workload that has none', async () => {
    const request = requestOf('--items 1e6 --max-iterations 5');
    await expect(estimateCommand(context, request)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('maxIterations'),
    });
  });

  it('takes the figures, and all that was not said, from a run', async () => {
    const { json } = await estimateCommand(context, requestOf(`--from ${summary} --workers 7`));
    expect(json.job).toMatchObject({ items: 400, batchSize: 10, workers: 7 });
    expect(json.calibration.source).toMatch(/^run /);
    await expect(estimateCommand(context, requestOf('--from no/such.json'))).rejects.toThrow(
      'PATH_UNREADABLE',
    );
    const other = requestOf(`--from ${summary} --engine spark`);
    await expect(estimateCommand(context, other)).rejects.toThrow('Expected the engine daft');
  });
});
