import { beforeAll, describe, expect, it } from 'vitest';
import { cliJson } from '../../../scripts/own-stack/cli.ts';
import { readSummary } from '../../../scripts/own-stack/stack.ts';
import { readKeptFleet } from '../../../src/fleet/kept/files.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { copySample } from '../support/copy-sample.ts';
import { armOf, useKeptFleets } from '../support/kept-fleets.ts';

const kept = useKeptFleets('sweep-', 'start-');
const { start, expectNothingLeft } = kept;
const FEW = 'few/';

beforeAll(() => copySample('digits', 120, FEW));

describe('commands of many runs', () => {
  it('keep their fleets for them: a sweep one for each engine and worker count', async () => {
    const swept = await cliJson<{ measurements: { status: string; runId: string }[] }>(kept.stack.home, [
      ...['sweep', FEW, '--engine', 'grpc', '--workers', '1,2', '--repeats', '2', '--keep-fleets'],
    ]);
    expect(swept.measurements.map(({ status }) => status)).toEqual(Array(4).fill('succeeded'));
    const runs = await Promise.all(swept.measurements.map(({ runId }) => readSummary(kept.stack, runId)));
    const jobs = runs.map((run) => ({ workers: run.request.workers, ...armOf(run).fleet?.kept }));
    expect(jobs.map(({ workers, job }) => `${workers} ${job}`).sort()).toEqual(['1 1', '1 2', '2 1', '2 2']);
    // None was there before its fleet had booted, which would be in its times.
    for (const { id = '', submittedAt } of jobs) {
      const { state } = (await readKeptFleet(kept.stack.runs, id)) ?? expect.fail(`no fleet ${id}`);
      expect(submittedAt).toBeGreaterThanOrEqual(state?.readyAt ?? Number.POSITIVE_INFINITY);
    }
    await expectAllEnded('sweep-grpc-1', 'sweep-grpc-2');
  });

  it('keep their fleets for them: start one for both samples', async () => {
    const { runs } = await cliJson<{ runs: Summary[] }>(kept.stack.home, ['start', '--engine', 'grpc']);
    expect(runs.map(({ agreement }) => agreement.equal)).toEqual([true, true]);
    const [photos, digits] = runs.map(({ request }) => request.keptFleet);
    expect(photos?.id).toMatch(/^start-grpc-2-/);
    expect(digits).toEqual(photos);
    await expectAllEnded('start-grpc-2');
  });

  it('take a fleet that is there: a comparison, on its fleet side alone', async () => {
    const { id } = await start('compared', '--engine', 'grpc', '--workers', '1');
    const compared = await cliJson<{ measurements: { status: string }[] }>(kept.stack.home, [
      ...['compare', 'serverless', 'fleet', FEW, '--fleet', 'compared', '--repeats', '2'],
    ]);
    await cliJson(kept.stack.home, ['fleet', 'stop', 'compared']);
    expect(compared.measurements.map(({ status }) => status)).toEqual(Array(4).fill('succeeded'));
    expect((await readKeptFleet(kept.stack.runs, id))?.state?.jobs).toBe(2);
    await expectNothingLeft(id);
  });
});

async function expectAllEnded(...prefixes: string[]): Promise<void> {
  const { fleets } = await cliJson<{ fleets: { id: string; state: string }[] }>(kept.stack.home, [
    ...['fleet', 'list', '--all'],
  ]);
  for (const prefix of prefixes) {
    const own = fleets.filter(({ id }) => id.startsWith(prefix));
    expect(own.map(({ state }) => state)).toEqual(['ended']);
    for (const { id } of own) await expectNothingLeft(id);
  }
}
