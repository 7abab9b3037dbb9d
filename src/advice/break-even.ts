import type { Arm } from '../contract/arm.ts';
import { CURVE_SIZES } from '../model/scaling.ts';
import type { Advice } from './advice.ts';
import { type Candidate, candidateOf, type Ground } from './candidates.ts';
import { flipsAlong } from './flips.ts';

/** Sizes that are so large that what an arm has once does not matter. */
const MANY = 1e8;

/**
 * Where functions and a fleet, each with the settings that it has, cost the same: at which number of items, and at which
 * utilisation of a fleet that is kept all the time instead of being launched for a run.
 */
export function breakEvenOf(
  ground: Ground,
  serverless: Candidate,
  fleet: Candidate,
): NonNullable<Advice['breakEven']> {
  const usdAt = ({ arm, job }: Candidate, items: number) =>
    candidateOf(ground, arm, { ...job, items })?.usd ?? 0;
  const cheaperAt = (items: number): Arm =>
    usdAt(serverless, items) <= usdAt(fleet, items) ? 'serverless' : 'fleet';
  const [crossing] = flipsAlong('items', CURVE_SIZES, cheaperAt, {
    between: (low, high) => Math.round(Math.sqrt(low * high)),
    close: (low, high) => high <= low * 1.001 || high - low < 2,
  });
  return {
    items: crossing?.at ?? null,
    cheaperBelow: crossing?.below ?? null,
    utilisation: breakEvenUtilisation(ground, serverless, fleet),
  };
}

/**
 * With the fleet at work for a part u of its time, an item costs c t / u + v, and by functions l:
 *
 *     u = c t / (l - v)
 *
 * where c is what its instances cost in an hour, t the hours of the fleet that an item takes, and v what else the fleet is
 * billed for an item. Each is the difference of two sizes, so that boot, cold starts and all that a run has once are left out.
 *
 * @returns null if functions cost no more than v: no utilisation is enough. It may be more than 1, which is none either.
 */
function breakEvenUtilisation(ground: Ground, serverless: Candidate, fleet: Candidate): number | null {
  const functions = perItem(ground, serverless);
  const instances = perItem(ground, fleet);
  const rest = instances.usd - instances.standingUsd;
  return functions.usd <= rest ? null : instances.standingUsd / (functions.usd - rest);
}

/** What an item more takes. */
function perItem(ground: Ground, { arm, job }: Candidate) {
  const [few, many] = [MANY, 2 * MANY].map((items) => candidateOf(ground, arm, { ...job, items }));
  const per = (of: 'usd' | 'standingUsd') => ((many?.[of] ?? 0) - (few?.[of] ?? 0)) / MANY;
  return { usd: per('usd'), standingUsd: per('standingUsd') };
}
