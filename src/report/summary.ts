import { adviceOfRun } from '../advice/run-advice.ts';
import type { ArmAggregate } from '../aggregate/arm-aggregate.ts';
import type { HostUse } from '../aggregate/hosts.ts';
import type { ArmRound, ArmTimes } from '../aggregate/run-facts.ts';
import type { OneKind, Tolerated } from '../aggregate/tolerated.ts';
import type { Arm } from '../contract/arm.ts';
import type { Baseline } from '../contract/baseline.ts';
import { isKernelOfSingleThread } from '../contract/one-kernel.ts';
import type { Plan } from '../contract/plan.ts';
import type { ReportEnvironment } from '../contract/report-environment.ts';
import { costOf } from '../cost/cost.ts';
import type { FleetInfo } from '../fleet/arm-info.ts';
import type { InstanceLife } from '../fleet/instance-life.ts';
import { curvesOfRun } from '../model/measured-job.ts';
import type { Prices } from '../prices/prices.ts';
import type { Run } from '../run/run.ts';
import { spread } from '../statistics/median.ts';
import { unitOf } from '../workloads/facts.ts';
import { judgeAgreement } from './agreement.ts';
import { headlineOf } from './headline.ts';
import { rank } from './ranking.ts';
import { type ArmSummary, SUMMARY_VERSION, type Summary, summarySchema } from './summary-schema.ts';

/** One arm in one round: its times, and what its files say where they could be read. */
export interface ArmInput {
  readonly times: ArmTimes;
  readonly aggregate: ArmAggregate | null;
  /** Null for the serverless arm, and for a fleet that failed before it could write its arm.json. */
  readonly fleet: FleetInfo | null;
  /** Empty for the serverless arm. */
  readonly hosts: readonly HostUse[];
  /** Null for a fleet of whose end nothing is written. @default null */
  readonly instances?: readonly InstanceLife[] | null;
}

export interface SummaryInput {
  readonly run: Run;
  readonly endedAt: number;
  readonly plan: Plan;
  readonly environment: ReportEnvironment;
  readonly baseline: Baseline | null;
  readonly arms: readonly ArmInput[];
  /** What arms with different digests have in common. @default nothing */
  readonly tolerated?: Tolerated | OneKind | null;
  /** Of the region; null where there are none. @default no bill is made */
  readonly prices?: Prices | null;
}

/**
 * Everything that the report says, computed from what was measured and nothing else.
 *
 * An arm that was skipped in one pass of a round but ran in another counts as the one that ran.
 *
 * @throws ZodError where the input breaks the schema of the summary, e.g. a negative time
 */
export function buildSummary({
  run,
  endedAt,
  plan,
  environment,
  baseline: measured,
  arms,
  tolerated = null,
  prices,
}: SummaryInput): Summary {
  const inputs = withoutIdlePasses(arms);
  const rounds = inputs.map(armRound);
  const contended = environment.offline && run.schedule === 'parallel' && run.arms.length > 1;
  const baselineRate = measured === null ? null : perSecond(measured.items, measured.wallMs);
  const baseline = measured === null ? null : { ...measured, itemsPerSecond: baselineRate };
  const armSummaries = run.arms.map((arm) => armSummary(arm, rounds, baseline));
  const byRound = [...Map.groupBy(rounds, ({ round }) => round)]
    .sort(([a], [b]) => a - b)
    .map(([round, inRound]) => ({ round, arms: inRound }));
  const facts = { startedAt: run.startedAt, endedAt, request: run, plan, environment, baseline };
  const { cost, remarks } =
    prices === undefined
      ? { cost: null, remarks: [] }
      : costOf({ ...facts, rounds: byRound }, prices, endedAt);
  const agreement = judgeAgreement(rounds, tolerated);
  const source = sourceOf(inputs);
  const where = source === undefined ? null : { arm: source.aggregate.arm, round: source.aggregate.round };
  const summary = {
    schemaVersion: SUMMARY_VERSION,
    runId: run.runId,
    startedAt: run.startedAt,
    endedAt,
    request: run,
    unit: unitOf(run.workload.name),
    plan,
    environment,
    contended,
    agreement,
    ranking: rank({ rounds, arms: armSummaries, agreement, contended, request: run }),
    arms: armSummaries,
    baseline,
    rounds: byRound,
    failures: { source: where, codes: source?.aggregate.failures ?? [] },
    answer: source === undefined || where === null ? null : { ...source.aggregate.answer, source: where },
    timelines: armSummaries.flatMap(({ arm, shownRound }) => {
      const shown = inputs.find(({ times }) => times.arm === arm && times.round === shownRound);
      return shown?.aggregate ? [{ ...shown.aggregate.timeline, arm, round: shown.times.round }] : [];
    }),
    cost,
    curves: null,
    advice: null,
  } satisfies Omit<Summary, 'headline' | 'remarks'>;
  const said = headlineOf(summary);
  const curves = prices === undefined ? null : curvesOfRun(summary, prices);
  // Of a bill with gaps its own notes tell.
  return summarySchema.parse({
    ...summary,
    ...said,
    curves,
    advice: curves && prices ? adviceOfRun(summary, prices, run.advice) : null,
    remarks: [...said.remarks, ...(cost === null ? remarks : [])],
  });
}

function withoutIdlePasses(arms: readonly ArmInput[]): ArmInput[] {
  const ran = new Set(
    arms.filter(({ times }) => times.status !== 'skipped').map(({ times }) => `${times.arm} ${times.round}`),
  );
  return arms.filter(({ times }) => times.status !== 'skipped' || !ran.has(`${times.arm} ${times.round}`));
}

function armRound({ times, aggregate, fleet, hosts, instances = null }: ArmInput): ArmRound {
  const { startedAt, endedAt } = times;
  // Without a span nothing says where the time went.
  const timing = aggregate !== null && aggregate.work.spans > 0 ? aggregate.timing : null;
  const wallMs =
    timing?.wallMs ??
    (startedAt === null || endedAt === null
      ? null
      : Math.max(0, Math.round(endedAt) - Math.round(startedAt)));
  const items = aggregate?.items ?? 0;
  const failedItems = aggregate?.failedItems ?? 0;
  const bytes = aggregate?.bytes ?? 0;
  const droppedBits = aggregate?.droppedBits ?? 0;
  const batchesTakenOver = aggregate?.batchesTakenOver ?? 0;
  const counts = aggregate !== null && times.status === 'succeeded' && batchesTakenOver === 0;
  return {
    ...times,
    wallMs,
    phases: timing?.phases ?? null,
    unexplainedMs: timing?.unexplainedMs ?? null,
    overhead: timing?.overhead ?? null,
    unexplained: timing?.unexplained ?? null,
    clocks: timing === null ? null : (aggregate?.clocks ?? null),
    cold: timing === null ? null : (aggregate?.cold ?? null),
    warm: timing === null ? null : (aggregate?.warm ?? null),
    windowStartMs: timing?.windowStartMs ?? null,
    windowEndMs: timing?.windowEndMs ?? null,
    items,
    failedItems,
    bytes,
    droppedBits,
    batchesTakenOver,
    itemsPerSecond: counts ? perSecond(items - failedItems, wallMs) : null,
    megabytesPerSecond: counts ? perSecond(bytes / 1e6, wallMs) : null,
    // The digest of nothing says nothing: two empty answers must not pass for equal.
    digest: aggregate !== null && items > 0 ? aggregate.digest : null,
    valid: aggregate?.valid ?? false,
    problems: aggregate?.problems ?? [],
    peakConcurrency: timing?.peakConcurrency ?? null,
    stages: aggregate?.stages ?? [],
    work: aggregate !== null && aggregate.work.spans > 0 ? aggregate.work : null,
    fleet,
    hosts: [...hosts],
    use: aggregate !== null && aggregate.work.spans > 0 ? aggregate.use : null,
    instances: instances === null ? null : [...instances],
  };
}

function armSummary(arm: Arm, all: readonly ArmRound[], baseline: Summary['baseline']): ArmSummary {
  const rounds = all.filter((round) => round.arm === arm && round.status !== 'skipped');
  const succeeded = rounds.filter(({ status }) => status === 'succeeded');
  const sound = succeeded
    .filter((round): round is ArmRound & { wallMs: number } => round.valid && round.wallMs !== null)
    .sort((a, b) => a.wallMs - b.wallMs);
  const walls = sound.map(({ wallMs }) => wallMs);
  const wallMs = sound.length === 0 ? null : spread(walls);
  const shown = sound[Math.floor((sound.length - 1) / 2)];
  const resumed = rounds.some(({ batchesTakenOver }) => batchesTakenOver > 0);
  const perMedian = (amount: number | undefined) =>
    amount === undefined || wallMs === null || resumed ? null : perSecond(amount, wallMs.median);
  const itemsPerSecond = perMedian(shown && shown.items - shown.failedItems);
  const kernels = [...new Set(succeeded.flatMap(({ work }) => work?.kernels ?? []))].sort();
  return {
    arm,
    rounds: rounds.length,
    succeeded: succeeded.length,
    wallMs,
    itemsPerSecond,
    megabytesPerSecond: perMedian(shown && shown.bytes / 1e6),
    speedup: speedupOver(baseline, itemsPerSecond, kernels),
    kernels,
    shownRound: shown?.round ?? succeeded[0]?.round ?? rounds[0]?.round ?? null,
  };
}

/** Over a single thread with another kernel it would be the kernel's, and not the arm's. */
function speedupOver(
  baseline: Summary['baseline'],
  itemsPerSecond: number | null,
  kernels: readonly string[],
): number | null {
  if (itemsPerSecond === null || !baseline?.itemsPerSecond) return null;
  return isKernelOfSingleThread(kernels, baseline.kernel) ? itemsPerSecond / baseline.itemsPerSecond : null;
}

/** The arm and round that failures and dataset statistics are taken from: a sound one, else the fullest. */
function sourceOf(inputs: readonly ArmInput[]): (ArmInput & { aggregate: ArmAggregate }) | undefined {
  const read = inputs.filter(
    (input): input is ArmInput & { aggregate: ArmAggregate } => (input.aggregate?.items ?? 0) > 0,
  );
  const sound = read.find(({ times, aggregate }) => times.status === 'succeeded' && aggregate.valid);
  return sound ?? read.toSorted((a, b) => b.aggregate.items - a.aggregate.items)[0];
}

function perSecond(amount: number, wallMs: number | null): number | null {
  return wallMs === null || wallMs === 0 ? null : amount / (wallMs / 1000);
}
