import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { cli, cliJson } from '../../scripts/own-stack/cli.ts';
import { liveInstances, readSummary, startExecution, waitForEnd } from '../../scripts/own-stack/stack.ts';
import { type Engine, engineSchema } from '../../src/contract/engines.ts';
import { keptFleetRun } from '../../src/contract/layout.ts';
import { keptFiles, readKeptFleet } from '../../src/fleet/kept/files.ts';
import { describeKeeping } from '../../src/fleet/kept/keeping.ts';
import { entryNumbers } from '../../src/fleet/kept/queue.ts';
import { fullOnly } from '../support/full-only.ts';
import { copySample } from './support/copy-sample.ts';
import { holdLaterBatches, IMAGES_TO_HOLD } from './support/held-batches.ts';
import { digestOfStages, independentKmeans } from './support/independent-kmeans.ts';
import { armOf, useKeptFleets } from './support/kept-fleets.ts';
import { waitForSpans } from './support/run-under-way.ts';

const DIGITS = 90;
/** Small batches, so that there are later ones to hold. */
const REQUEST = { prefix: 'kept-photos/', arms: ['fleet'], baseline: false, batchSize: 5 };
const OTHERS = 'kept-digits/';
/** A workload of several stages. */
const STAGED = { name: 'kmeans', params: { k: 6, maxIterations: 4 } };

const kept = useKeptFleets();
const { start, done, secretsBelow, expectNothingLeft } = kept;
/** What fractions give. */
let stagedDigest: string;

beforeAll(async () => {
  await copySample('photos', IMAGES_TO_HOLD, REQUEST.prefix);
  await copySample('digits', DIGITS, OTHERS);
  const clustering = { images: DIGITS, ...STAGED.params, prefix: OTHERS };
  stagedDigest = digestOfStages(await independentKmeans(clustering));
});

/** `main-job.test.ts` has Daft, whose cluster is that of Ray, and the tests on shared fleets have Dask. */
const ENGINES = fullOnly<Engine>(engineSchema.options, ['grpc', 'ray', 'spark']);
/** Those that boot a fleet for a run here as well; others do so in `fleet-engines.test.ts`. */
const BOOTED = fullOnly<Engine>(engineSchema.options, ['grpc']);

describe.each(ENGINES)('a kept fleet of engine %s', (engine) => {
  it('does runs without a boot, of stages too, with the answer that is given without it, and leaves nothing', async () => {
    // Prepare
    const name = `two-${engine}`;
    const without = BOOTED.includes(engine) ? { engine } : { arms: ['serverless'] };
    const other = await done(await startExecution(kept.stack, { ...REQUEST, ...without, prefix: OTHERS }));
    const { id } = await start(name, '--engine', engine);

    // Act
    const first = await done(await startExecution(kept.stack, { ...REQUEST, fleet: name, prefix: OTHERS }));
    const second = await done(await startExecution(kept.stack, { ...REQUEST, fleet: name, prefix: OTHERS }));
    const seconds = await done(await startExecution(kept.stack, { ...REQUEST, fleet: name }));
    const ofStages = { prefix: OTHERS, workload: STAGED, batchSize: 20 };
    const staged = await done(await startExecution(kept.stack, { ...REQUEST, ...ofStages, fleet: name }));
    await cliJson(kept.stack.home, ['fleet', 'stop', name]);

    // Assess
    const { digest } = armOf(other);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect([first, second].map((run) => armOf(run).digest)).toEqual([digest, digest]);
    expect(armOf(staged)).toMatchObject({ valid: true, digest: stagedDigest, fleet: { kept: { job: 4 } } });
    expect(armOf(second)).toMatchObject({
      status: 'succeeded',
      valid: true,
      fleet: { kept: { id, job: 2 } },
    });
    expect(second.remarks.join(' ')).toContain(`on the kept fleet ${name}: no boot`);
    expect(first.request).toMatchObject({ engine, workers: 2, keptFleet: { name, id } });
    expect(armOf(second).hosts).toHaveLength(3);
    // All on the hosts of the first one. What the fleet was for is on the bills, whole, but for its tail.
    const [a = [], b, c] = [first, second, seconds].map((run) => armOf(run).instances ?? []);
    const hosts = a.map(({ instanceId }) => instanceId).sort();
    expect(hosts).toHaveLength(3);
    for (const lives of [b, c]) expect(lives?.map(({ instanceId }) => instanceId).sort()).toEqual(hosts);
    for (const share of a) {
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
  it('has two runs at once queue, and tells how long the second one waited', async () => {
    // Prepare
    const { id } = await start('queued', '--engine', 'grpc');
    await done(await startExecution(kept.stack, { ...REQUEST, fleet: 'queued' }));

    // Act
    const letGo = await holdLaterBatches(kept.stack, keptFleetRun(id), 3);
    const runIds = await Promise.all(
      [0, 1].map(() => startExecution(kept.stack, { ...REQUEST, fleet: 'queued' })),
    );
    await expect.poll(() => entryNumbers(kept.stack.runs, id), { interval: 100 }).toEqual([1, 2, 3]);
    await letGo();
    const runs = await Promise.all(runIds.map(done));
    await cliJson(kept.stack.home, ['fleet', 'stop', 'queued']);

    // Assess
    const [former, latter] = runs
      .map((run) => armOf(run).fleet?.kept)
      .sort((x, y) => (x?.job ?? 0) - (y?.job ?? 0));
    expect([former?.job, latter?.job]).toEqual([2, 3]);
    expect(latter?.takenAt).toBeGreaterThanOrEqual(former?.endedAt ?? Number.POSITIVE_INFINITY);
    // It waited, and did not only come later.
    expect(latter?.submittedAt).toBeLessThan(former?.endedAt ?? 0);
    expect(new Set(runs.map((run) => armOf(run).digest)).size).toBe(1);
    await expectNothingLeft(id);
  });

  it('refuses a run of another engine, of another bundle, and of another version, and says what to do', async () => {
    // Prepare
    const { id } = await start('strict', '--engine', 'grpc', '--workers', '1');
    const view = await readKeptFleet(kept.stack.runs, id);
    const rewrite = (changes: object) =>
      kept.stack.s3.send(
        new PutObjectCommand({
          Bucket: kept.stack.stack.runsBucket,
          Key: keptFiles.fleet(id),
          Body: JSON.stringify({ ...view?.fleet, ...changes }),
        }),
      );
    const refusalOf = async (fields: object) => {
      const { status, error, cause } = await waitForEnd(
        kept.stack,
        await startExecution(kept.stack, { ...REQUEST, fleet: 'strict', ...fields }),
      );
      return `${status} ${error} ${cause}`;
    };

    // Act
    const engine = await refusalOf({ engine: 'ray', workers: 4 });
    await rewrite({ version: '0.0.1' });
    const version = await refusalOf({});
    await rewrite({ bundleKey: 'fleet-bundles/of-before.tar.gz' });
    const bundle = await startExecution(kept.stack, { ...REQUEST, fleet: 'strict' });
    const { error, cause } = await waitForEnd(kept.stack, bundle);
    const outdated = armOf(await readSummary(kept.stack, bundle)).error;
    await rewrite({});
    await cliJson(kept.stack.home, ['fleet', 'stop', 'strict']);
    const ended = await refusalOf({});

    // Assess
    expect(engine).toMatch(
      /INVALID_INPUT.*Expected \\?"grpc\\?", as the kept fleet strict has it.*`engine`.*`workers`/s,
    );
    expect(version).toMatch(/FLEET_OUTDATED.*stop it and start it again/s);
    expect([error, cause]).toEqual(['ArmFailed', expect.anything()]);
    expect(outdated).toMatchObject({ code: 'FLEET_OUTDATED' });
    expect(outdated?.message).toContain('fleet-bundles/of-before.tar.gz');
    expect(await secretsBelow(bundle)).toEqual([]);
    expect(ended).toMatch(/FLEET_ENDED.*fanfleet fleet start strict/s);
    await expectNothingLeft(id);
  });

  it('fails the run that it works for when it is stopped at once, and its next life goes on with it', async () => {
    // Prepare
    const { id } = await start('stopped', '--engine', 'grpc', '--workers', '1');
    await holdLaterBatches(kept.stack, keptFleetRun(id), 2);
    const request = { ...REQUEST, fleet: 'stopped', workload: { name: 'normalise' } };
    const runId = await startExecution(kept.stack, request);
    await waitForSpans(kept.stack, runId, 'fleet', 3);

    // Act
    await cliJson(kept.stack.home, ['fleet', 'stop', 'stopped', '--now']);
    const { status } = await waitForEnd(kept.stack, runId);
    const next = await start('stopped', '--engine', 'grpc', '--workers', '1');
    const resumed = await done(await startExecution(kept.stack, { ...request, resume: runId }));
    await cliJson(kept.stack.home, ['fleet', 'stop', 'stopped']);

    // Assess
    expect(status).toBe('FAILED');
    const summary = await readSummary(kept.stack, runId);
    expect(armOf(summary).error).toMatchObject({ code: 'FleetStopped' });
    expect(summary.remarks.join(' ')).toContain(`fanfleet run --resume ${runId}`);
    expect(next.id).toBe('stopped.2');
    expect(armOf(resumed)).toMatchObject({
      valid: true,
      items: IMAGES_TO_HOLD,
      fleet: { kept: { id: next.id } },
    });
    expect(armOf(resumed).batchesTakenOver).toBeGreaterThan(2);
    for (const each of [id, next.id]) await expectNothingLeft(each);
  });

  it('gives up the job of a run that is stopped, and does the next one', async () => {
    // Prepare
    const { id } = await start('goes-on', '--engine', 'grpc', '--workers', '1');
    const letGo = await holdLaterBatches(kept.stack, keptFleetRun(id), 2);
    const request = { ...REQUEST, fleet: 'goes-on', workload: { name: 'normalise' } };
    const runId = await startExecution(kept.stack, request);
    await waitForSpans(kept.stack, runId, 'fleet', 3);

    // Act
    const executionArn = `${kept.stack.stack.stateMachineArn.replace(':stateMachine:', ':execution:')}:${runId}`;
    await kept.stack.sfn.send(new StopExecutionCommand({ executionArn }));
    await expect
      .poll(async () => (await readKeptFleet(kept.stack.runs, id))?.state?.state, { interval: 200 })
      .not.toBe('busy');
    await letGo();
    const next = await done(
      await startExecution(kept.stack, { ...REQUEST, fleet: 'goes-on', prefix: OTHERS }),
    );
    const resumed = await done(await startExecution(kept.stack, { ...request, resume: runId }));
    await cliJson(kept.stack.home, ['fleet', 'stop', 'goes-on']);

    // Assess
    expect((await waitForEnd(kept.stack, runId)).status).toBe('ABORTED');
    expect(armOf(next)).toMatchObject({ valid: true, fleet: { kept: { id, job: 2 } } });
    expect(armOf(resumed)).toMatchObject({
      valid: true,
      items: IMAGES_TO_HOLD,
      fleet: { kept: { job: 3 } },
    });
    expect(armOf(resumed).batchesTakenOver).toBeGreaterThan(2);
    expect(await secretsBelow(runId)).toEqual([]);
    await expectNothingLeft(id);
  });

  it('is ended, and its run fails, when its head is lost', async () => {
    // Prepare
    const { id } = await start('headless', '--engine', 'grpc', '--workers', '1');
    await holdLaterBatches(kept.stack, keptFleetRun(id), 2);
    const runId = await startExecution(kept.stack, {
      ...REQUEST,
      fleet: 'headless',
      workload: { name: 'normalise' },
    });
    await waitForSpans(kept.stack, runId, 'fleet', 3);
    const head = (await liveInstances(kept.stack, keptFleetRun(id))).find(({ Tags = [] }) =>
      Tags.some(({ Key, Value }) => Key === 'fanfleet:role' && Value === 'head'),
    );

    // Act: the power goes, nothing is said to anybody
    const InstanceIds = [head?.InstanceId ?? ''];
    await kept.stack.ec2.send(new TerminateInstancesCommand({ InstanceIds, SkipOsShutdown: true }));
    const run = await waitForEnd(kept.stack, runId);
    const shown = await cliJson<{ fleets: { id: string; state: string }[] }>(kept.stack.home, [
      'fleet',
      'list',
    ]);
    await expect
      .poll(async () => (await describeKeeping(kept.stack.sfn, kept.stack.stack, id)).status, {
        timeout: 240_000,
        interval: 500,
      })
      .toBe('FAILED');

    // Assess
    expect(run.status).toBe('FAILED');
    expect(armOf(await readSummary(kept.stack, runId)).status).toBe('failed');
    expect(shown.fleets.find((fleet) => fleet.id === id)?.state ?? 'ended').toMatch(/lost|ended/);
    expect((await readKeptFleet(kept.stack.runs, id))?.end?.reason).toMatch(/Timeout/);
    await expectNothingLeft(id);
  });

  it('is refused a second time under its name while it is there', async () => {
    const { id } = await start('once', '--engine', 'grpc', '--workers', '1', '--idle', '60s');
    const again = await cli(kept.stack.home, ['fleet', 'start', 'once']);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining(id)]);
    // Nobody stops it.
    await expect
      .poll(async () => (await readKeptFleet(kept.stack.runs, id))?.end?.reason, {
        timeout: 240_000,
        interval: 500,
      })
      .toBe('idle');
    await expectNothingLeft(id);
  });
});
