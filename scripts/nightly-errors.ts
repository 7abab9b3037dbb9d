/**
 * The table of docs/nightly.md: how often the nightly rule calls a regression where nothing has changed, and how soon
 * it calls one that was planted. Takes minutes.
 *
 *     node scripts/nightly-errors.ts [histories of each kind: 200]
 */
import { calledAt, NOISE_NAMES, simulate } from './nightly/noise.ts';

const histories = Number(process.argv[2] ?? 200);
const NIGHTS = 60;
const CHANGED_AT = 20;

/** Nights from the change to the call: median, and how many histories had none. */
function found(noise: (typeof NOISE_NAMES)[number], change: (night: number) => number): string {
  const seeds = Array.from({ length: Math.ceil(histories / 4) }, (_, seed) => seed);
  const nights = seeds.map((seed) => {
    const at = calledAt(simulate(noise, seed, CHANGED_AT + NIGHTS, (night) => change(night - CHANGED_AT)));
    return at === null ? Number.POSITIVE_INFINITY : at - CHANGED_AT + 1;
  });
  const sorted = nights.sort((a, b) => a - b);
  const missed = sorted.filter((night) => night > NIGHTS).length;
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.POSITIVE_INFINITY;
  const share = missed === 0 ? '' : ` (${Math.round((100 * missed) / sorted.length)} % missed)`;
  return Number.isFinite(middle) ? `${middle}${share}` : `not in ${NIGHTS}`;
}

process.stdout.write(
  '| noise | false alarms in 60 nights | +10 % | +15 % | +30 % | +0.5 % a night |\n|---|---|---|---|---|---|\n',
);
for (const noise of NOISE_NAMES) {
  let alarms = 0;
  for (let seed = 0; seed < histories; seed += 1) {
    if (calledAt(simulate(noise, seed, NIGHTS)) !== null) alarms += 1;
  }
  const step = (by: number) => found(noise, (since) => (since >= 0 ? 1 + by : 1));
  const drift = found(noise, (since) => (since >= 0 ? 1.005 ** since : 1));
  process.stdout.write(
    `| ${noise} | ${alarms} of ${histories} | ${step(0.1)} | ${step(0.15)} | ${step(0.3)} | ${drift} |\n`,
  );
}
