import type { Unit } from '../contract/unit.ts';
import { amount, duration, percent, plural, sentence, usd } from '../format.ts';
import { unitOf } from '../workloads/facts.ts';
import type { Advice, Flip, FlipName, Refusal } from './advice.ts';
import { choiceText } from './sentence.ts';

const FLIPS: Readonly<Record<FlipName, { name: (unit: Unit) => string; text: (value: number) => string }>> = {
  items: { name: ({ many }) => sentence(many), text: amount },
  deadlineSeconds: { name: () => 'Deadline of the whole run', text: (seconds) => duration(seconds * 1000) },
  budgetUsd: { name: () => 'Budget', text: usd },
  weight: { name: () => 'Weight of cost', text: (weight) => weight.toFixed(2) },
  instancePrice: {
    name: () => 'Price of instances',
    text: (times) => `${times.toFixed(2)} times that of today`,
  },
};

/** What would change the advice, one sentence each: of each thing the nearest place below what was asked, and above. */
export function flipSentences(advice: Advice): string[] {
  const unit = unitOf(advice.workload.workload);
  return nearestFlips(advice).map(({ what, at, below, above }) => {
    const { name, text } = FLIPS[what];
    return `${name(unit)}: ${below ?? 'nothing'} below ${text(at)}, ${above ?? 'nothing'} from there on.`;
  });
}

function nearestFlips(advice: Advice): Flip[] {
  const { workload, deadlineSeconds, budgetUsd, weight, flips } = advice;
  const asked: Readonly<Record<FlipName, number>> = {
    items: workload.items,
    deadlineSeconds: deadlineSeconds ?? Number.POSITIVE_INFINITY,
    budgetUsd: budgetUsd ?? Number.POSITIVE_INFINITY,
    weight,
    instancePrice: 1,
  };
  return [...Map.groupBy(flips, ({ what }) => what)].flatMap(([what, own]) => [
    ...own.filter(({ at }) => at <= asked[what]).slice(-1),
    ...own.filter(({ at }) => at > asked[what]).slice(0, 1),
  ]);
}

/** Where both arms cost the same; empty where only one is known. */
export function breakEvenSentences({ breakEven, best, runnerUp, workload }: Advice): string[] {
  if (breakEven === null || best === null || runnerUp === null) return [];
  const { items, cheaperBelow, utilisation } = breakEven;
  const { many } = unitOf(workload.workload);
  const cheaper = best.usd <= runnerUp.usd ? best : runnerUp;
  const size =
    items === null
      ? `Of these two the ${cheaper.settings.arm} arm costs less at every number of ${many}.`
      : `Of these two the ${cheaperBelow} arm costs less below ${amount(items)} ${many}, and the other one above.`;
  const fleet = [best, runnerUp].find(({ settings }) => settings.arm === 'fleet');
  const named = fleet === undefined ? 'A fleet' : `A fleet of ${choiceText(fleet)}`;
  const kept =
    utilisation === null || utilisation > 1
      ? `${named} that is kept all the time costs more than functions even if it is always at work.`
      : `${named} that is kept all the time costs less than functions if it is at work for more than ${percent(utilisation)} of it.`;
  return [size, kept];
}

const REFUSED: Readonly<Record<Refusal['reason'], string>> = {
  deadline: 'would be too late with the listing and the aggregate',
  budget: 'would be too dear',
  'batch time': 'have batches that may not end in time',
};

/** What the limits keep out, one sentence each. */
export function refusalSentences({ refused }: Advice): string[] {
  return refused.map(
    ({ arm, reason, candidates, best }) =>
      `${plural(candidates, 'way')} of the ${arm} arm ${REFUSED[reason]}, the best of them ${choiceText(best)}: ${duration(best.seconds * 1000)} and ${usd(best.usd)}.`,
  );
}
