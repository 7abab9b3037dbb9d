import { expect, it } from 'vitest';
import { keptRemarks } from '../../../src/report/kept-remark.ts';

type Given = Parameters<typeof keptRemarks>[0];
const KEPT = { name: 'four', id: 'four.2', job: 3, submittedAt: 1_000, takenAt: 4_200, endedAt: 9_000 };
const fleet = { workersRequested: 4, workersJoined: 4, kept: { ...KEPT, idleSince: 500, workersAlive: 4 } };
const given = (arms: object[], keptFleet: object | null = { name: 'four', id: 'four.2' }) =>
  ({ request: { keptFleet }, rounds: [{ round: 0, arms }] }) as unknown as Given;

it('says that there was no boot, and how long the run waited', () => {
  expect(keptRemarks(given([{ arm: 'fleet', round: 0, error: null, fleet }]))).toEqual([
    'The fleet arm was on the kept fleet four: no boot, 3.2 s in its queue.',
  ]);
});

it('says how many workers there were where some are lost', () => {
  const less = { ...fleet, workersJoined: 3 };
  expect(keptRemarks(given([{ arm: 'fleet', round: 0, error: null, fleet: less }]))[0]).toContain(
    'four with 3 of its 4 workers: no boot',
  );
});

it('says that the head was lost where it left nothing', () => {
  const error = { code: 'States.Timeout', message: '' };
  expect(keptRemarks(given([{ arm: 'fleet', round: 0, error, fleet: null }]))).toEqual([
    'The head of the kept fleet four was not heard of any more: start the fleet again.',
  ]);
});

it('says nothing of a fleet that was launched for the run', () => {
  const { kept: _, ...own } = fleet;
  const error = { code: 'States.Timeout', message: '' };
  expect(keptRemarks(given([{ arm: 'fleet', round: 0, error: null, fleet: own }], null))).toEqual([]);
  expect(keptRemarks(given([{ arm: 'fleet', round: 0, error, fleet: null }], null))).toEqual([]);
});
