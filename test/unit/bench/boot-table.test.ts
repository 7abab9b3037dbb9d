import { describe, expect, it } from 'vitest';
import { type Boot, bootTable, bootTotals } from '../../../bench/boot-table.ts';

const T = 1_769_860_800_000;
const host = {
  ...{ address: '10.0.0.4', instanceType: 't3.medium', cpus: 2, quotaCpus: 2, memoryBytes: 4 },
  ...{ noNativeKernel: null, readyAt: T + 2500 },
};
const span = { endedAt: T + 9000, coldStartMs: 0, rssPeakBytes: 98_000_000 };
const BOOT: Boot = {
  engine: 'ray',
  startedAt: T,
  endedAt: T + 12_000,
  states: [
    { name: 'Validate', at: T + 10 },
    { name: 'LaunchFleet', at: T + 310 },
    { name: 'TerminateFleet', at: T + 9500 },
  ],
  info: {
    ...{ workersReadyAt: T + 4000, engineStartedAt: T + 4100, engineEndedAt: T + 9100 },
    hosts: [
      {
        ...{ ...host, instanceId: 'i-1', role: 'head', bootStartedAt: T + 1010 },
        steps: [
          { name: 'bundle', ms: 200, startedAt: T + 1100 },
          { name: 'cluster', ms: 1000, startedAt: T + 1500 },
        ],
      },
      {
        ...{ ...host, instanceId: 'i-2', role: 'worker', bootStartedAt: T + 1050 },
        steps: [{ name: 'join', ms: 900, startedAt: T + 3000 }],
      },
    ],
  },
  spans: [
    { ...span, worker: 'i-2/17', startedAt: T + 6000, endedAt: T + 6500 },
    { ...span, worker: 'i-2/17', startedAt: T + 5000, endedAt: T + 5250, coldStartMs: 40 },
    { ...span, worker: 'i-2/18', startedAt: T + 7000 },
  ],
};

describe('bootTable', () => {
  it('has states, steps and first batches in the order of their starts', () => {
    const rows = bootTable(BOOT).trim().split('\n').slice(2);

    expect(rows).toEqual([
      '| state machine | Validate | 0.01 | 0.30 | 0.31 | all |',
      '| state machine | LaunchFleet | 0.31 | 0.70 | 1.01 | all |',
      '| head | bundle | 1.10 | 0.20 | 1.30 | its host |',
      '| head | cluster | 1.50 | 1.00 | 2.50 | workers, engine |',
      '| worker 1 | join | 3.00 | 0.90 | 3.90 | the head |',
      '| worker 1, process 17 | first batch, after 0.04 s of start | 5.00 | 0.25 | 5.25 |  |',
      '| worker 1, process 18 | first batch, after 0.00 s of start | 7.00 | 2.00 | 9.00 |  |',
    ]);
  });
});

describe('bootTotals', () => {
  it('tells when each stage was reached', () => {
    const [, , row] = bootTotals([BOOT]).trim().split('\n');

    expect(row).toBe('| ray | 1.01 | 2.50 | 4.00 | 5.00 | 7.00 | 9.00 | 12.00 | 98 |');
  });
});
