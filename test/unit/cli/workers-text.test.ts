import { describe, expect, it } from 'vitest';
import { type WorkersView, workersText } from '../../../cli/commands/workers-text.ts';
import type { HostView } from '../../../src/fleet/fleet-view.ts';

const HOST: HostView = {
  ...{ instanceId: 'i-1', role: 'worker', address: '10.77.0.11', instanceType: 't3.medium' },
  ...{ ec2State: 'running', state: 'ALIVE', cpu: 0.754, cpus: 0.5 },
  ...{ memoryBytes: 2 ** 29, memoryLimitBytes: 2 ** 32 },
  ...{ receivedBytesPerSecond: 12_345_678, sentBytesPerSecond: 0 },
  ...{ batches: 1_234, batchesPerSecond: 2.5, lastHeardAt: 97_400 },
};
const view = (more: Partial<HostView>): WorkersView => ({
  ...{ runId: 'r', status: 'RUNNING', engine: 'dask', totalBatches: 2_000, at: 100_000 },
  fleet: { round: 0, stage: null, batches: 1_234, hosts: [{ ...HOST, ...more }] },
});
const cellsOf = (more: Partial<HostView>) => workersText(view(more)).split('\n')[2]?.split(/ {2,}/);

describe('workersText', () => {
  it('begins with the run and how far it is', () => {
    expect(workersText(view({})).split('\n')[0]).toBe(
      'run r  RUNNING  dask  round 0  1,234 of 2,000 batches, 2.5/s',
    );
  });

  it('names the stage that is under way', () => {
    const { fleet, ...run } = view({});
    const staged = { ...run, fleet: fleet && { ...fleet, stage: 3 } };
    expect(workersText(staged).split('\n')[0]).toContain('  round 0  stage 3  1,234 of 2,000 batches, ');
  });

  it('has a line for each host', () => {
    expect(cellsOf({})).toEqual([
      ...['i-1', 'worker', '10.77.0.11', 't3.medium', 'running', 'ALIVE', '75 %', '0.500'],
      ...['512 MiB', '4.00 GiB', '12.3 MB', '0 B', '1,234', '2.5', '3 s'],
    ]);
  });

  it('shows what is not known as unknown, and not as 0', () => {
    const unknown = { cpu: null, memoryBytes: null, receivedBytesPerSecond: null, lastHeardAt: null };
    const cells = cellsOf({ ...unknown, ec2State: null, state: null });
    for (const at of [4, 5, 6, 8, 10, 14]) expect(cells?.[at]).toBe('–');
  });

  it('counts no batches of the head, which does none', () => {
    expect(cellsOf({ role: 'head' })?.slice(12, 14)).toEqual(['–', '–']);
  });

  it('says that there is no fleet yet', () => {
    expect(workersText({ ...view({}), engine: null, fleet: null })).toBe('run r  RUNNING  no fleet yet');
  });

  it('obeys no control character of a tag or file', () => {
    expect(workersText(view({ instanceType: '\u001b[31mred' }))).not.toContain('\u001b');
  });
});
