import { expect, it } from 'vitest';
import { fleetsText, rowOf } from '../../../cli/commands/fleet-text.ts';
import type { KeptFleetView } from '../../../src/fleet/kept/files.ts';
import { resolveKeptFleet } from '../../../src/fleet/kept/kept-fleet.ts';
import { DEPLOYMENT } from '../../support/deployment.ts';

const NOW = 1_000_000;
const fleet = {
  ...resolveKeptFleet({ idle: 600, deadline: 3_600 }, 'four.2', NOW - 60_000, {
    ...DEPLOYMENT,
    version: '1',
  }),
  bundleKey: 'x',
};
const state = {
  ...{ state: 'ready' as const, at: NOW - 5_000, readyAt: NOW - 50_000, runId: null, jobs: 3 },
  ...{ idleSince: NOW - 20_000, workersAlive: 1, reason: null },
};
const view = (changes: Partial<KeptFleetView>): KeptFleetView => ({ fleet, state, end: null, ...changes });

it('shows a fleet that has nothing to do, and when it ends for it', () => {
  const row = rowOf(view({}), NOW);
  expect(row).toMatchObject({
    state: 'ready',
    idleLeftMs: 580_000,
    deadlineLeftMs: 3_540_000,
    workersAlive: 1,
  });
  expect(fleetsText([row])).toMatch(/four\.2\s+ready\s+daft\s+1 of 2\s+3\s+in 9 min 40 s\s+in 59 min 00 s/);
});

it.each([
  [{ state: null }, 'starting'],
  [{ state: { ...state, state: 'busy' as const, runId: 'r1' } }, 'busy'],
  [{ state: { ...state, at: NOW - 31_000 } }, 'lost'],
  [{ state: { ...state, at: 0, state: 'ended' as const }, end: null }, 'ended'],
  [{ state: { ...state, at: 0 }, end: { endedAt: 9, reason: 'idle' } }, 'ended'],
])('with %j it is %2$s', (changes, expected) => {
  const row = rowOf(view(changes), NOW);
  expect(row.state).toBe(expected);
  expect(row.idleLeftMs).toBeNull();
});

it('says so where none is kept', () => {
  expect(fleetsText([])).toContain('fanfleet fleet start');
});
