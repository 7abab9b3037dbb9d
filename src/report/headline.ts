import type { Arm } from '../contract/arm.ts';
import { count, duration, itemCount, plural, ratio, usd } from '../format.ts';
import { kernelsOfArms } from '../kernels-text.ts';
import { accountRemarks } from './account-remark.ts';
import { keptRemarks } from './kept-remark.ts';
import { planRemarks } from './plan-remarks.ts';
import type { Summary } from './summary-schema.ts';
import { timeRemarks } from './time-remarks.ts';

/** Remarks that are read in one paragraph; more are a list. */
export const REMARKS_IN_LINE = 2;

type Judged = Omit<Summary, 'headline' | 'remarks'>;

/** The outcome in one sentence, and what one must know to trust it. */
export function headlineOf(summary: Judged): Pick<Summary, 'headline' | 'remarks'> {
  const { ranking, failures, plan, unit } = summary;
  const failed = failures.codes.reduce((sum, failure) => sum + failure.count, 0);
  const unmeasured =
    failed === 0 ? [] : [`${itemCount(failed, unit)} of ${count(plan.items)} could not be measured.`];
  if (ranking.ranked)
    return {
      headline: rankedHeadline(summary),
      remarks: [
        ...unmeasured,
        ...accountRemarks(summary),
        ...kernelRemarks(summary),
        ...keptRemarks(summary),
        ...droppedBits(summary),
        ...timeRemarks(summary),
        ...ranking.notes,
        ...planRemarks(plan),
      ],
    };
  const headline = unrankedHeadline(summary);
  return {
    headline,
    remarks: [
      ranking.reason,
      ...unfinished(summary),
      ...takenOver(summary),
      ...unmeasured,
      ...accountRemarks(summary),
      ...kernelRemarks(summary),
      ...keptRemarks(summary),
      ...droppedBits(summary),
      ...timeRemarks(summary),
      ...planRemarks(plan),
    ],
  };
}

/** Why it was not the native kernel, where the ranking does not say so already. */
function kernelRemarks({ request: { kernelNote }, ranking }: Judged): string[] {
  if (kernelNote === null || ranking.obstacle === 'kernel') return [];
  return [`The portable kernel measured: ${kernelNote}.`];
}

/** Images of which half of the bits count: they may be the half that says nothing. */
function droppedBits({ rounds, request: { workload } }: Judged): string[] {
  const images = Math.max(0, ...rounds.flatMap(({ arms }) => arms.map((arm) => arm.droppedBits)));
  if (images === 0) return [];
  const have = images === 1 ? '1 image has' : `${count(images)} images have`;
  const remedy = 'depth' in workload.params ? ': `--depth native` keeps them' : '';
  return [`${have} 16 bits; the low 8 were dropped${remedy}.`];
}

/** What a failed arm leaves to do, and how. Of an arm whose head was lost nobody else can tell. */
function unfinished({ rounds, plan, runId }: Judged): string[] {
  return rounds.flatMap(({ arms }) =>
    arms.flatMap(({ arm, round, problems, stages }) => {
      const which = rounds.length === 1 ? `The ${arm} arm` : `The ${arm} arm of round ${round}`;
      if (problems.some(({ code }) => code === 'STAGE_MISSING')) {
        const whole = plural(stages.filter(({ isReduced }) => isReduced).length, 'stage');
        return [`${which} did ${whole} to the end; \`fanfleet run --resume ${runId}\` goes on from there.`];
      }
      const missing = problems.find(({ code }) => code === 'BATCH_MISSING')?.count ?? 0;
      if (missing === 0) return [];
      return [
        `${which} did ${count(plan.batches - missing)} of ${plural(plan.batches, 'batch', 'batches')}; \`fanfleet run --resume ${runId}\` does only what is missing.`,
      ];
    }),
  );
}

/** Says so even of a run with one arm, which nobody would rank. */
function takenOver({ plan, rounds }: Judged): string[] {
  if (plan.resumed === undefined) return [];
  const { runId, batches } = plan.resumed;
  const all = rounds
    .flatMap(({ arms }) => arms.map((arm) => batchesOf(arm, plan)))
    .reduce((a, b) => a + b, 0);
  // An arm of which nothing could be read may have been taken over as well.
  return [
    `Resumed: ${count(batches)} of ${plural(Math.max(all, batches), 'batch', 'batches')} were taken over from the run ${runId}; times are those of the rest.`,
  ];
}

/** Of a workload with stages each batch counts in every one that was begun. */
function batchesOf({ stages }: Judged['rounds'][number]['arms'][number], plan: Judged['plan']): number {
  return stages.length === 0 ? plan.batches : stages.reduce((sum, { batches }) => sum + batches, 0);
}

function rankedHeadline({ ranking, arms, cost, agreement }: Judged): string {
  const faster = arms.find(({ arm }) => arm === ranking.faster);
  const slower = arms.find(({ arm }) => arm !== ranking.faster);
  if (faster === undefined) return `Both arms took the same time and gave ${sameAnswer(agreement)}.`;
  const times = `${duration(faster.wallMs?.median ?? null)} against ${duration(slower?.wallMs?.median ?? null)}`;
  const by = ranking.ratio === null ? '' : `${ratio(ranking.ratio)} `;
  const price = priceOf(cost, faster.arm);
  if (price === null) {
    return `The ${faster.arm} arm was ${by}faster: ${times}, and both gave ${sameAnswer(agreement)}.`;
  }
  return `The ${faster.arm} arm was ${by}faster (${times}) ${price}; both gave ${sameAnswer(agreement)}.`;
}

/** What both gave, where their rows are equal or near enough. */
function sameAnswer({ within = 'the same answer' }: Judged['agreement']): string {
  return within;
}

/** What the faster arm cost beside the other one; null where one of the bills is not known. */
function priceOf(cost: Judged['cost'], arm: Arm): string | null {
  const own = cost?.arms.find((other) => other.arm === arm)?.usd;
  const other = cost?.arms.find((another) => another.arm !== arm)?.usd;
  if (own === undefined || other === undefined || own === 0 || other === 0) return null;
  const prices = `${usd(own)} against ${usd(other)}`;
  if (usd(own) === usd(other)) return `and cost the same (${usd(own)})`;
  return own < other
    ? `and ${ratio(other / own)} cheaper (${prices})`
    : `but cost ${ratio(own / other)} as much (${prices})`;
}

function unrankedHeadline({ agreement, arms, plan, ranking, request, unit }: Judged): string {
  if (ranking.obstacle === 'kernel') {
    return `The arms are not ranked: ${kernelsOfArms(arms)}; both gave ${sameAnswer(agreement)}.`;
  }
  if (agreement.equal === false) return 'The answers differ, so the arms are not ranked.';
  const finished = arms.filter(({ wallMs }) => wallMs !== null);
  const [only] = finished;
  if (only === undefined) return 'No arm finished with a valid answer.';
  if (finished.length === 1) {
    const work = `${duration(only.wallMs?.median ?? null)} for ${itemCount(plan.items, unit)}`;
    if (plan.resumed !== undefined) return `The ${only.arm} arm finished the answer of an earlier run.`;
    if (request.arms.length === 1) return `The ${only.arm} arm took ${work}.`;
    return `Not ranked: only the ${only.arm} arm gave a valid answer, in ${work}.`;
  }
  if (agreement.equal === true) return `Both arms gave ${sameAnswer(agreement)}, but are not ranked.`;
  return 'The arms are not ranked.';
}
