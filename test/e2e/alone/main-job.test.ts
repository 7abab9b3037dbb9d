import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { cli, cliJson } from '../../../scripts/own-stack/cli.ts';
import {
  type ConnectedStack,
  connectStack,
  liveInstances,
  readRows,
  readSummary,
  startExecution,
  waitForEnd,
} from '../../../scripts/own-stack/stack.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { copySample } from '../support/copy-sample.ts';
import { digestOfStages, independentKmeans } from '../support/independent-kmeans.ts';
import { independentRows } from '../support/independent-rows.ts';

const MIB = 2 ** 20;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('1,000 photographs, by start-execution with a prefix and nothing else', () => {
  let stack: ConnectedStack;
  let runId: string;
  let summary: Summary;

  beforeAll(async () => {
    stack = await connectStack(inject('home'));
    runId = await startExecution(stack, { prefix: 'photos/' });
    const execution = await waitForEnd(stack, runId);
    expect(execution).toMatchObject({ status: 'SUCCEEDED' });
    summary = await readSummary(stack, runId);
  });

  it('gives the same rows on both arms, and the independent computation gives them too', async () => {
    const serverless = await readRows(stack, runId, 'serverless');
    const fleet = await readRows(stack, runId, 'fleet');
    const independent = await independentRows(join(inject('home'), 'dataset/photos'), 'photos/');
    expect(serverless.split('\n')).toHaveLength(1001);
    expect(serverless).toBe(independent);
    expect(fleet).toBe(independent);
    expect(summary.agreement).toMatchObject({ equal: true, digest: sha256(independent) });
  });

  it('ranks the arms only where one kernel measured both', () => {
    const [serverless, fleet] = summary.arms.map(({ kernels }) => kernels);
    const native = summary.request.kernel === 'auto';
    expect([serverless, fleet]).toEqual(native ? [['native'], ['native']] : [['wasm'], ['pillow']]);
    expect(summary.ranking).toMatchObject({ ranked: native, obstacle: native ? null : 'kernel' });
  });

  it('counts every image once on each arm', () => {
    const arms = summary.rounds.flatMap((round) => round.arms);
    expect(
      arms.map(({ arm, status, valid, items, failedItems }) => ({
        arm,
        status,
        valid,
        items,
        failedItems,
      })),
    ).toEqual([
      { arm: 'serverless', status: 'succeeded', valid: true, items: 1000, failedItems: 0 },
      { arm: 'fleet', status: 'succeeded', valid: true, items: 1000, failedItems: 0 },
    ]);
  });

  it('accounts for the whole wall time of each arm in phases', () => {
    for (const { wallMs, phases } of summary.rounds.flatMap((round) => round.arms)) {
      const sum = Object.values(phases ?? {}).reduce((total, ms) => total + ms, 0);
      expect(sum).toBe(wallMs);
    }
  });

  it('used both workers of the fleet, and tells what the cluster was', () => {
    const fleet = summary.rounds[0]?.arms.find(({ arm }) => arm === 'fleet')?.fleet;
    expect(fleet).toMatchObject({ engine: 'daft', workersRequested: 2, workersJoined: 2 });
    expect(fleet?.hosts.map(({ role }) => role).sort()).toEqual(['head', 'worker', 'worker']);
    expect(fleet?.clusterStatus).toContain('Active');
  });

  it('leaves no instance, and a report in the bucket', async () => {
    expect(await liveInstances(stack, runId)).toEqual([]);
    const report = (await stack.runs.get(`runs/${runId}/report.html`)).toString('utf8');
    expect(report).toContain(summary.headline.slice(0, 20));
  });
});

describe('the handwritten digits on a kept fleet of Daft', () => {
  const FLEET = 'digits-daft';
  let home: string;

  beforeAll(async () => {
    home = inject('home');
    await cliJson(home, ['fleet', 'start', FLEET, '--engine', 'daft']);
  });
  afterAll(() => cliJson(home, ['fleet', 'stop', FLEET]));

  describe('with the portable kernels, by the command line', () => {
    let summary: Summary;

    it('give the rows of the independent computation on both arms, in the memory of a function, and exit code 0', async () => {
      summary = await cliJson<Summary>(home, ['run', 'digits/', '--kernel', 'portable', '--fleet', FLEET]);
      const independent = await independentRows(join(home, 'dataset/digits'), 'digits/');
      expect(summary.plan.items).toBe(1797);
      expect(summary.agreement).toMatchObject({ equal: true, digest: sha256(independent) });
      expect(summary.contended).toBe(false);
      for (const { arm, work } of summary.rounds.flatMap((round) => round.arms)) {
        expect(work?.rssPeakBytes, arm).toBeGreaterThan(50 * MIB);
        expect(work?.rssPeakBytes, arm).toBeLessThan(summary.request.memory * MIB);
      }
    });

    it('rank no arm, since Node and Python have other portable kernels, and say so first of all', async () => {
      expect(summary.ranking).toMatchObject({ ranked: false, obstacle: 'kernel', faster: null, ratio: null });
      expect(summary.headline).toBe(
        'The arms are not ranked: the serverless arm measured with wasm, the fleet arm with pillow; both gave the same answer.',
      );
      expect(summary.remarks[0]).toContain('run again with `--kernel native`');
      const text = await cli(home, ['report', summary.runId]);
      expect(text.stdout.replaceAll(/\s+/g, ' ')).toContain(summary.headline);
    });
  });

  it('have the clusters that fractions give', async () => {
    // Prepare
    const [prefix, images, params] = ['clustered/', 90, { k: 6, maxIterations: 4 }];
    await copySample('digits', images, prefix);
    const stages = await independentKmeans({ images, ...params, prefix });

    // Act
    const { rounds } = await cliJson<Summary>(home, [
      ...['run', prefix, '--arms', 'fleet', '--fleet', FLEET, '--batch-size', '20', '--workload', 'kmeans'],
      ...['--k', String(params.k), '--max-iterations', String(params.maxIterations)],
    ]);

    // Assess
    expect(rounds[0]?.arms).toMatchObject([{ valid: true, digest: digestOfStages(stages) }]);
  });
});
