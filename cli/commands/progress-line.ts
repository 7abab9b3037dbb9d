import type { Unit } from '../../src/contract/unit.ts';
import { count, itemCount } from '../../src/format.ts';
import type { ArmProgress } from '../../src/run/progress.ts';

/**
 * Makes the line that `run` shows: items done, rate and time left of the arms that run now.
 *
 * The rate is over the time since the first batch of the arm was done, so that a fleet's boot does not count as slowness.
 */
export function progressLine(now: () => number, unit: Unit): (arms: readonly ArmProgress[]) => string {
  const firsts = new Map<string, { at: number; items: number }>();
  return (arms) => {
    if (arms.length === 0) return 'planning, or summing up …';
    return arms.map((arm) => describe(arm, now(), firsts, unit)).join('   ');
  };
}

function describe(
  progress: ArmProgress,
  now: number,
  firsts: Map<string, { at: number; items: number }>,
  unit: Unit,
): string {
  const { arm, round, stage, items, totalItems } = progress;
  const ofRound = round === 0 ? arm : `${arm} (repeat ${round + 1})`;
  const name = stage === null ? ofRound : `${ofRound}, stage ${stage}`;
  if (items >= totalItems) return `${name}: all ${itemCount(totalItems, unit)} done`;
  if (items === 0) return `${name}: ${arm === 'fleet' ? 'booting' : 'starting'} …`;
  const key = `${arm}/${round}/${stage}`;
  const first = firsts.get(key) ?? { at: now, items };
  firsts.set(key, first);
  const done = `${name}: ${count(items)} of ${itemCount(totalItems, unit)}`;
  const seconds = (now - first.at) / 1000;
  if (seconds <= 0 || items === first.items) return done;
  const rate = (items - first.items) / seconds;
  return `${done}, ${Math.round(rate)}/s, ${Math.ceil((totalItems - items) / rate)} s left`;
}
