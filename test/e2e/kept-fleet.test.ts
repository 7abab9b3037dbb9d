import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readState } from '../../localstack/offline.ts';
import { keptFiles, readKeptFleet } from '../../src/fleet/kept/files.ts';
import { describeKeeping } from '../../src/fleet/kept/keeping.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { keptFleetRun } from '../../src/run/layout.ts';
import { type Engine, engineSchema } from '../../src/run/request.ts';
import { cli, cliJson } from './support/cli.ts';
import {
  type ConnectedStack,
  connectStack,
  liveInstances,
  readSummary,
  startExecution,
  waitForEnd,
  waitForSpans,
} from './support/stack.ts';

/** Small batches, so that something is left to do when a fleet ends. */
const REQUEST = { prefix: 'photos/', arms: ['fleet'], baseline: false, batchSize: 20 };
/** What of a run on a kept fleet is not processing: all states, and the way to the head and back. */
const BESIDE_PROCESSING_MS = 1_500;

let stack: ConnectedStack;
let ssm: SSMClient;

beforeAll(async () => {
  stack = await connectStack();
  ssm = new SSMClient({ ...(await awsConfig()) });
});
afterEach(async () => {
  const { fleets } = await cliJson<{ fleets: { name: string }[] }>(stack.home, ['fleet', 'list']);
  for (const { name } of fleets) await cli(stack.home, ['fleet', 'stop', name, '--now']);
  expect(fleets, 'fleets that a test has left').toEqual([]);
});

describe.each(engineSchema.options)('a kept fleet of engine %s', (engine: Engine) => {
  it('does two runs without a boot, with the answer of a fleet of their own, and leaves nothing', async () => {
    // Prepare
    const name = `two-${engine}`;
    const own = await done(await startExecution(stack, { ...REQUEST, engine, prefix: 'digits/' }));
    const { id } = await start(name, '--engine', engine);

    // Act
    const first = await done(await startExecution(stack, { ...REQUEST, fleet: name, prefix: 'digits/' }));
    const second = await done(await startExecution(stack, { ...REQUEST, fleet: name, prefix: 'digits/' }));
    const seconds = await done(await startExecution(stack, { ...REQUEST, fleet: name }));
    await cliJson(stack.home, ['fleet', 'stop', name]);

    // Assess
    const { digest } = armOf(own);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect([first, second].map((run) => armOf(run).digest)).toEqual([digest, digest]);
    expect(armOf(second)).toMatchObject({
      status: 'succeeded',
      valid: true,
      fleet: { kept: { id, job: 2 } },
    });
    expect(second.remarks.join(' ')).toContain(`on the kept fleet ${name}: no boot`);
    expect(first.request).toMatchObject({ engine, workers: 2, keptFleet: { name, id } });
    expect(armOf(second).hosts).toHaveLength(3);
    expect(armOf(second).phases?.provision).toBeLessThan((armOf(own).phases?.provision ?? 0) / 2);
    // What the fleet was for is on the bills, whole, but for its tail.
    const [a, b, c] = [first, second, seconds].map((run) => armOf(run).instances ?? []);
    for (const share of a ?? []) {
      const [next, last] = [b, c].map((lives) =>
        lives?.find(({ instanceId }) => instanceId === share.instanceId),
      );
      expect(next?.launchedAt).toBeCloseTo(share.endedAt + (next?.idleBeforeMs ?? Number.NaN), 3);
      expect(last?.launchedAt).toBeCloseTo((next?.endedAt ?? 0) + (last?.idleBeforeMs ?? Number.NaN), 3);
    }
    const lines = second.cost?.arms[0]?.bill.lines.map(({ item }) => item) ?? [];
    expect(lines).toContain('t3.medium, worker, On-Demand, idle before');
    await expectNothingLeft(id);
  });
});

describe('a kept fleet', () => {
  it('has two runs at once queue, each from its start to its end little longer than it works', async () => {
    // Prepare
    const { id } = await start('queued', '--engine', 'grpc');
    await done(await startExecution(stack, { ...REQUEST, fleet: 'queued' }));

    // Act
    const runIds = await Promise.all(
      [0, 1].map(() => startExecution(stack, { ...REQUEST, fleet: 'queued' })),
    );
    const runs = await Promise.all(runIds.map(done));
    const alone = await startExecution(stack, { ...REQUEST, fleet: 'queued' });
    const summary = await done(alone);
    const execution = await waitForEnd(stack, alone);
    await cliJson(stack.home, ['fleet', 'stop', 'queued']);

    // Assess
    const [former, latter] = runs
      .map((run) => armOf(run).fleet?.kept)
      .sort((x, y) => (x?.job ?? 0) - (y?.job ?? 0));
    expect([former?.job, latter?.job]).toEqual([2, 3]);
    expect(latter?.takenAt).toBeGreaterThanOrEqual(former?.endedAt ?? Number.POSITIVE_INFINITY);
    expect((latter?.takenAt ?? 0) - (latter?.submittedAt ?? 0)).toBeGreaterThan(500);
    expect(new Set(runs.map((run) => armOf(run).digest)).size).toBe(1);
    const { windowStartMs, windowEndMs } = armOf(summary);
    const processing = (windowEndMs ?? 0) - (windowStartMs ?? 0);
    const total = (execution.endedAt ?? Number.NaN) - execution.startedAt;
    // Measured alone it is; beside other work of this machine there is room for twice as much.
    expect(total - processing).toBeLessThan(2 * BESIDE_PROCESSING_MS);
    await expectNothingLeft(id);
  });

  it('refuses a run of another engine, of another bundle, and of another version, and says what to do', async () => {
    // Prepare
    const { id } = await start('strict', '--engine', 'grpc', '--workers', '1');
    const view = await readKeptFleet(stack.runs, id);
    const rewrite = (changes: object) =>
      stack.s3.send(
        new PutObjectCommand({
          Bucket: stack.stack.runsBucket,
          Key: keptFiles.fleet(id),
          Body: JSON.stringify({ ...view?.fleet, ...changes }),
        }),
      );
    const refusalOf = async (fields: object) => {
      const { status, error, cause } = await waitForEnd(
        stack,
        await startExecution(stack, { ...REQUEST, fleet: 'strict', ...fields }),
      );
      return `${status} ${error} ${cause}`;
    };

    // Act
    const engine = await refusalOf({ engine: 'ray', workers: 4 });
    await rewrite({ version: '0.0.1' });
    const version = await refusalOf({});
    await rewrite({ bundleKey: 'fleet-bundles/of-before.tar.gz' });
    const bundle = await startExecution(stack, { ...REQUEST, fleet: 'strict' });
    const { error, cause } = await waitForEnd(stack, bundle);
    const outdated = armOf(await readSummary(stack, bundle)).error;
    await rewrite({});
    await cliJson(stack.home, ['fleet', 'stop', 'strict']);
    const ended = await refusalOf({});

    // Assess
    expect(engine).toMatch(
      /INVALID_INPUT.*Expected \\?"grpc\\?", as the kept fleet strict has it.*`engine`.*`workers`/s,
    );
    expect(version).toMatch(/FLEET_OUTDATED.*stop it and start it again/s);
    expect([error, cause]).toEqual(['ArmFailed', expect.anything()]);
    expect(outdated).toMatchObject({ code: 'FLEET_OUTDATED' });
    expect(outdated?.message).toContain('fleet-bundles/of-before.tar.gz');
    expect(ended).toMatch(/FLEET_ENDED.*fanfleet fleet start strict/s);
    await expectNothingLeft(id);
  });

  it('fails the run that it works for when it is stopped at once, and its next life goes on with it', async () => {
    // Prepare
    const { id } = await start('stopped', '--engine', 'grpc', '--workers', '1');
    const request = { ...REQUEST, fleet: 'stopped', batchSize: 5, operation: 'normalise' };
    const runId = await startExecution(stack, request);
    await waitForSpans(stack, runId, 'fleet', 3);

    // Act
    await cliJson(stack.home, ['fleet', 'stop', 'stopped', '--now']);
    const { status } = await waitForEnd(stack, runId);
    const next = await start('stopped', '--engine', 'grpc', '--workers', '1');
    const resumed = await done(await startExecution(stack, { ...request, resume: runId }));
    await cliJson(stack.home, ['fleet', 'stop', 'stopped']);

    // Assess
    expect(status).toBe('FAILED');
    const summary = await readSummary(stack, runId);
    expect(armOf(summary).error).toMatchObject({ code: 'FleetStopped' });
    expect(summary.remarks.join(' ')).toContain(`fanfleet run --resume ${runId}`);
    expect(next.id).toBe('stopped.2');
    expect(armOf(resumed)).toMatchObject({ valid: true, images: 1000, fleet: { kept: { id: next.id } } });
    expect(armOf(resumed).batchesTakenOver).toBeGreaterThan(2);
    for (const each of [id, next.id]) await expectNothingLeft(each);
  });

  it('is ended, and its run fails, when its head is lost', async () => {
    // Prepare
    const { id } = await start('headless', '--engine', 'grpc', '--workers', '1');
    const runId = await startExecution(stack, {
      ...REQUEST,
      fleet: 'headless',
      batchSize: 5,
      operation: 'normalise',
    });
    await waitForSpans(stack, runId, 'fleet', 3);
    const head = (await liveInstances(stack, keptFleetRun(id))).find(({ Tags = [] }) =>
      Tags.some(({ Key, Value }) => Key === 'fanfleet:role' && Value === 'head'),
    );

    // Act: the power goes, nothing is said to anybody
    const InstanceIds = [head?.InstanceId ?? ''];
    await stack.ec2.send(new TerminateInstancesCommand({ InstanceIds, SkipOsShutdown: true }));
    const run = await waitForEnd(stack, runId);
    const shown = await cliJson<{ fleets: { id: string; state: string }[] }>(stack.home, ['fleet', 'list']);
    await expect
      .poll(async () => (await describeKeeping(stack.sfn, stack.stack, id)).status, {
        timeout: 240_000,
        interval: 500,
      })
      .toBe('FAILED');

    // Assess
    expect(run.status).toBe('FAILED');
    expect(armOf(await readSummary(stack, runId)).status).toBe('failed');
    expect(shown.fleets.find((fleet) => fleet.id === id)?.state ?? 'ended').toMatch(/lost|ended/);
    expect((await readKeptFleet(stack.runs, id))?.end?.reason).toMatch(/Timeout/);
    await expectNothingLeft(id);
  });

  it('is refused a second time under its name while it is there', async () => {
    const { id } = await start('once', '--engine', 'grpc', '--workers', '1', '--idle', '10s');
    const again = await cli(stack.home, ['fleet', 'start', 'once']);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining(id)]);
    // Nobody stops it.
    await expect
      .poll(async () => (await readKeptFleet(stack.runs, id))?.end?.reason, {
        timeout: 60_000,
        interval: 500,
      })
      .toBe('idle');
    await expectNothingLeft(id);
  });
});

describe('commands of many runs', () => {
  it('keep their fleets for them: a sweep one for each engine and worker count', async () => {
    const swept = await cliJson<{ measurements: { status: string; times: { boot: number } }[] }>(stack.home, [
      ...['sweep', 'digits/', '--engine', 'grpc', '--workers', '1,2', '--repeats', '2', '--keep-fleets'],
    ]);
    expect(swept.measurements.map(({ status }) => status)).toEqual(Array(4).fill('succeeded'));
    // A fleet of its own takes several seconds to boot.
    expect(Math.max(...swept.measurements.map(({ times }) => times.boot))).toBeLessThan(2_000);
    await expectAllEnded('sweep-grpc-1', 'sweep-grpc-2');
  });

  it('keep their fleets for them: start one for both samples', async () => {
    const { runs } = await cliJson<{ runs: Summary[] }>(stack.home, ['start', '--engine', 'grpc']);
    expect(runs.map(({ agreement }) => agreement.equal)).toEqual([true, true]);
    const [photos, digits] = runs.map(({ request }) => request.keptFleet);
    expect(photos?.id).toMatch(/^start-grpc-2-/);
    expect(digits).toEqual(photos);
    await expectAllEnded('start-grpc-2');
  });

  it('take a fleet that is there: a comparison, on its fleet side alone', async () => {
    const { id } = await start('compared', '--engine', 'grpc', '--workers', '1');
    const compared = await cliJson<{ measurements: { status: string }[] }>(stack.home, [
      ...['compare', 'serverless', 'fleet', 'digits/', '--fleet', 'compared', '--repeats', '2'],
    ]);
    await cliJson(stack.home, ['fleet', 'stop', 'compared']);
    expect(compared.measurements.map(({ status }) => status)).toEqual(Array(4).fill('succeeded'));
    expect((await readKeptFleet(stack.runs, id))?.state?.jobs).toBe(2);
    await expectNothingLeft(id);
  });
});

async function expectAllEnded(...prefixes: string[]): Promise<void> {
  const { fleets } = await cliJson<{ fleets: { id: string; state: string }[] }>(stack.home, [
    ...['fleet', 'list', '--all'],
  ]);
  for (const prefix of prefixes) {
    const own = fleets.filter(({ id }) => id.startsWith(prefix));
    expect(own.map(({ state }) => state)).toEqual(['ended']);
    for (const { id } of own) await expectNothingLeft(id);
  }
}

function start(name: string, ...options: string[]): Promise<{ id: string }> {
  return cliJson(stack.home, ['fleet', 'start', name, ...options]);
}

async function done(runId: string) {
  const { status, cause } = await waitForEnd(stack, runId);
  expect(status, cause ?? '').toBe('SUCCEEDED');
  return readSummary(stack, runId);
}

function armOf(summary: Awaited<ReturnType<typeof readSummary>>) {
  return summary.rounds[0]?.arms[0] ?? expect.fail('no arm');
}

async function expectNothingLeft(id: string): Promise<void> {
  const Path = `/fanfleet/local/${keptFleetRun(id)}`;
  const { Parameters = [] } = await ssm.send(new GetParametersByPathCommand({ Path, Recursive: true }));
  expect(Parameters.map(({ Name }) => Name)).toEqual([]);
  expect(await liveInstances(stack, keptFleetRun(id))).toEqual([]);
}

async function awsConfig() {
  const state = await readState(stack.home);
  return {
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    endpoint: `http://127.0.0.1:${state?.port}`,
  };
}
