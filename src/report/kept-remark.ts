import { duration } from '../format.ts';
import type { Summary } from './summary-schema.ts';

/** What one must know of times on a kept fleet: that there is no boot in them, and what they have instead. */
export function keptRemarks({ rounds, request }: Pick<Summary, 'rounds' | 'request'>): string[] {
  return rounds.flatMap(({ arms }) =>
    arms.flatMap(({ arm, fleet, round, error }) => {
      if (arm === 'fleet' && request.keptFleet && error?.code.endsWith('Timeout') && fleet === null) {
        const { name } = request.keptFleet;
        return [`The head of the kept fleet ${name} was not heard of any more: start the fleet again.`];
      }
      if (!fleet?.kept) return [];
      const { name, submittedAt, takenAt } = fleet.kept;
      const which = rounds.length === 1 ? 'The fleet arm' : `The fleet arm of round ${round}`;
      const missing = fleet.workersRequested - fleet.workersJoined;
      const less = missing > 0 ? ` with ${fleet.workersJoined} of its ${fleet.workersRequested} workers` : '';
      // Clocks of two machines.
      const waited = duration(Math.max(0, takenAt - submittedAt));
      return [`${which} was on the kept fleet ${name}${less}: no boot, ${waited} in its queue.`];
    }),
  );
}
