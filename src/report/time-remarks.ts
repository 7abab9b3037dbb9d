import type { ArmRound } from '../aggregate/run-facts.ts';
import { duration, plural } from '../format.ts';
import type { Unexplained } from '../timing/phases.ts';
import type { Summary } from './summary-schema.ts';

/** More of the wall time than this must not go unexplained in silence. */
const MOST_UNEXPLAINED = 0.01;

const CAUSES: Readonly<Record<keyof Unexplained, string>> = {
  clocks: 'clocks put work outside of the arm',
  durations: 'batches tell of more work than their wall times hold',
  batches: 'batches left no span',
};

/** What one must know to trust the times: how much of them nothing explains, and clocks that were wrong. */
export function timeRemarks({ rounds }: Pick<Summary, 'rounds'>): string[] {
  return rounds.flatMap(({ arms }) =>
    arms.flatMap((arm) => {
      const name = rounds.length === 1 ? `the ${arm.arm} arm` : `the ${arm.arm} arm in round ${arm.round}`;
      return [...unexplainedRemark(arm, name), ...clockRemark(arm, name)];
    }),
  );
}

function unexplainedRemark({ wallMs, unexplained, unexplainedMs }: ArmRound, name: string): string[] {
  if (!wallMs || unexplained === null || unexplainedMs === null) return [];
  if (unexplainedMs <= MOST_UNEXPLAINED * wallMs) return [];
  const [worst] = (Object.keys(CAUSES) as (keyof Unexplained)[]).sort(
    (a, b) => unexplained[b] - unexplained[a],
  );
  const share = ((100 * unexplainedMs) / wallMs).toFixed(1);
  const cause = worst === undefined ? '' : `: ${CAUSES[worst]}`;
  return [`${duration(unexplainedMs)} (${share} %) of the time of ${name} is not explained${cause}.`];
}

function clockRemark({ clocks }: ArmRound, name: string): string[] {
  if (!clocks?.corrected) return [];
  const shifts = clocks.hosts
    .map(({ correctedByMs }) => Math.abs(correctedByMs))
    .filter((shift) => shift > 0);
  const one = shifts.length === 1;
  const by = `${one ? '' : 'up to '}about ${duration(Math.max(...shifts))}`;
  const [was, times] = one ? ['was', 'its times'] : ['were', 'their times'];
  return [`${plural(shifts.length, 'clock')} of ${name} ${was} wrong by ${by}; ${times} are corrected.`];
}
