import { judgeNight, levelOf, type NightVerdict } from '../../src/history/regression.ts';
import { type Random, seededRandom } from '../../src/statistics/random.ts';
import { MINIMUM_EFFECT, ratioTest } from '../../src/statistics/ratio-test.ts';

/** A night's part of the noise: 1 is none. */
type Noise = (random: Random) => number;

/** How the times of an unchanged benchmark may vary. Each makes a source of its own, since some nights remember others. */
export const NOISES = {
  'normal, 1 %': () => (random) => 1 + 0.01 * normal(random),
  'normal, 3 %': () => (random) => 1 + 0.03 * normal(random),
  'normal, 8 %': () => (random) => Math.max(0.3, 1 + 0.08 * normal(random)),
  'log-normal, 5 %': () => (random) => Math.exp(0.05 * normal(random)),
  "Student's t, 3 degrees, 3 %": () => (random) => Math.max(0.5, 1 + 0.03 * student3(random)),
  '2 %, one night in 12 up to twice as long': () => (random) =>
    1 + 0.02 * normal(random) + (random() < 0.08 ? random() : 0),
  '1 %, three nights in ten 12 % longer': () => (random) =>
    (random() < 0.3 ? 1.12 : 1) * (1 + 0.01 * normal(random)),
  'a night like the one before (0.5), 3 %': () => likeBefore(0.5),
  'a night much like the one before (0.8), 3 %': () => likeBefore(0.8),
} as const satisfies Readonly<Record<string, () => Noise>>;
export type NoiseName = keyof typeof NOISES;
export const NOISE_NAMES = Object.keys(NOISES) as NoiseName[];

/**
 * What the rule says of nights that take 10 s, times their noise, times `change`; up to the first regression.
 *
 * @param change by the number of the night, from 0
 */
export function simulate(
  noise: NoiseName,
  seed: number,
  nights: number,
  change: (night: number) => number = () => 1,
): NightVerdict[] {
  const random = seededRandom(seed * 7919 + 13);
  const draw = NOISES[noise]();
  const verdicts: NightVerdict[] = [];
  let level = levelOf();
  for (let night = 0; night < nights; night += 1) {
    const judged = judgeNight(level, 10 * draw(random) * change(night), tested);
    level = judged.level;
    verdicts.push(judged.verdict);
    if (judged.verdict.called !== null) break;
  }
  return verdicts;
}

/** The test that the nightly rule uses. */
export function tested(baseline: readonly number[], current: readonly number[]) {
  return ratioTest(baseline, current, { minimumEffect: MINIMUM_EFFECT, random: seededRandom(1) });
}

/** The night of the first regression, from 0; null for none. */
export function calledAt(verdicts: readonly NightVerdict[]): number | null {
  return verdicts.at(-1)?.called ? verdicts.length - 1 : null;
}

/** Box and Muller's transform. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function student3(random: Random): number {
  const squares = normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2;
  return normal(random) / Math.sqrt(squares / 3);
}

function likeBefore(memory: number): Noise {
  let state = 0;
  return (random) => {
    state = memory * state + 0.03 * normal(random);
    return Math.exp(state);
  };
}
