import { beforeAll, describe, expect, it, vi } from 'vitest';
import { KeptFleets } from '../../../cli/commands/kept-fleets.ts';
import { type Context, connect } from '../../../cli/context.ts';
import { readShell } from '../../../cli/shell.ts';
import { cliJson, ROOT } from '../../../scripts/own-stack/cli.ts';
import { readSummary } from '../../../scripts/own-stack/stack.ts';
import { readKeptFleet } from '../../../src/fleet/kept/files.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { copySample } from '../support/copy-sample.ts';
import { armOf, useKeptFleets } from '../support/kept-fleets.ts';

const kept = useKeptFleets('sweep-', 'start-', 'again-');
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

  it('start one again that has ended itself while the others were used', async () => {
    const nothing = () => undefined;
    const context: Context = {
      io: {
        result: nothing,
        rows: async () => undefined,
        note: nothing,
        progress: nothing,
        endProgress: nothing,
      },
      ...{ root: ROOT, home: kept.stack.home, shell: readShell(), stage: 'local' },
      signal: new AbortController().signal,
    };
    const fleets = new KeptFleets(context, await connect(context), 'again');
    const isOver = async (id: string) => (await readKeptFleet(kept.stack.runs, id))?.end != null;
    try {
      const used = { engine: 'grpc', workers: 1, idle: 10 } as const;
      const name = await fleets.like(used);
      await fleets.ready();
      await vi.waitUntil(() => isOver(`${name}.1`), { timeout: 60_000, interval: 250 });
      expect(await fleets.like(used)).toBe(name);
      await fleets.ready();
      expect((await readKeptFleet(kept.stack.runs, `${name}.2`))?.state?.state).toBe('ready');
      expect(await isOver(`${name}.2`)).toBe(false);
    } finally {
      await fleets.end();
    }
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
