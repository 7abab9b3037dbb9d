import { itemCount, percent, plural } from '../format.ts';
import { FEWEST_PAIRS, type RatioTest } from '../statistics/ratio-test.ts';
import type { Measurement, State, Succeeded } from './measurement.ts';
import type { Side } from './side.ts';

/** What of a comparison its reasons speak of. */
export interface Explained {
  readonly a: Side;
  readonly b: Side;
  readonly state: State;
  readonly rounds: number;
  readonly minimumEffect: number;
  readonly measurements: readonly Measurement[];
}

/** What the verdict over comparable runs rests on, in sentences: why it is so first, then what one must know to trust it. */
export function reasonsOf(explained: Explained, test: RatioTest): string[] {
  const { a, b, measurements } = explained;
  const done = measurements.filter((one) => one.status === 'succeeded');
  const ofA = done.filter(({ point }) => point === 0);
  const ofB = done.filter(({ point }) => point === 1);
  return [
    reasonOf(explained, test),
    failedItems(ofA),
    batchRemark(explained, ofA, ofB),
    a.arm === b.arm
      ? null
      : 'The time of a fleet has the boot of its instances in it, that of functions has none.',
    coldStarts(explained, 'A', a, ofA),
    coldStarts(explained, 'B', b, ofB),
  ].filter((reason) => reason !== null);
}

function reasonOf(
  { rounds, minimumEffect }: Explained,
  { ratio, low, high, pValue, verdict }: RatioTest,
): string {
  const least = percent(minimumEffect);
  const most = 1 + minimumEffect;
  const p = `p = ${probability(pValue)}`;
  if (verdict !== 'no difference shown') {
    return `Chance alone would hardly do it (${p}), the interval of the ratio leaves out 1, and the ratio is beyond the least that counts (${least}).`;
  }
  if (rounds < FEWEST_PAIRS) {
    return `No difference can be called with ${plural(rounds, 'pair')}: it takes ${FEWEST_PAIRS}.`;
  }
  if (low > 1 / most && high < most) {
    return `The interval of the ratio is within the least that counts (${least}): they are alike.`;
  }
  if (ratio > 1 / most && ratio < most) {
    return `The ratio is within the least that counts (${least}), but its interval is not: only more repeats could tell.`;
  }
  return `The noise of these runs can explain it (${p}): only more repeats could tell.`;
}

function failedItems([first]: readonly Succeeded[]): string | null {
  if (first === undefined || first.failedItems === 0) return null;
  return `${itemCount(first.failedItems, first.unit)} of ${first.items} failed, the same in every run.`;
}

/** A batch size is the most that a batch may have: where there are few items, the workers that share them decide. */
function batchRemark(
  explained: Explained,
  [a]: readonly Succeeded[],
  [b]: readonly Succeeded[],
): string | null {
  if (a === undefined || b === undefined) return null;
  if (a.batches !== b.batches) {
    return `The same ${a.unit.many} were cut into ${plural(a.batches, 'batch', 'batches')} for A and ${b.batches} for B.`;
  }
  if (explained.a.settings.batchSize === explained.b.settings.batchSize) return null;
  return `The ${a.unit.many} are too few for the batch sizes to differ: both sides had ${plural(a.batches, 'batch', 'batches')}.`;
}

/** Runs that were not found as they were to be. */
function coldStarts(
  { state }: Explained,
  name: string,
  side: Side,
  runs: readonly Succeeded[],
): string | null {
  if (side.arm === 'fleet') return null;
  const others = runs.filter((run) => (state === 'warm' ? run.coldStarts > 0 : run.coldStarts === 0));
  if (others.length === 0) return null;
  const how =
    state === 'warm'
      ? 'had cold starts, although all were to be warm'
      : 'had no cold start, although all were to be fresh';
  return `${others.length} of ${plural(runs.length, 'run')} of ${name} ${how}.`;
}

/** A p-value with three decimals; never 0, which no test can say. */
export function probability(value: number): string {
  return value < 0.001 ? 'less than 0.001' : value.toFixed(3);
}
