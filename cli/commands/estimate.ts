import { LAMBDA_LIMITS } from '../../src/aws/limits.ts';
import type { Unit } from '../../src/contract/unit.ts';
import { readPricesOf } from '../../src/cost/storage-classes.ts';
import { bytes, count, duration, itemCount, plural, sentence, usd } from '../../src/format.ts';
import { type Calibration, differentKernelsText } from '../../src/model/calibration.ts';
import type { Job } from '../../src/model/job.ts';
import { aroundArms, type Prediction, predict, problemsOf, setupsOf } from '../../src/model/predict.ts';
import { scalingCurves } from '../../src/model/scaling.ts';
import { ageOf, type Prices } from '../../src/prices/prices.ts';
import { unitOf } from '../../src/workloads/facts.ts';
import type { Context } from '../context.ts';
import { type ModelInput, readModelInput } from '../model-input.ts';
import type { ModelRequest } from '../model-options.ts';
import { textTable } from '../text-table.ts';

/** What a job would take and cost on both arms, before anything runs: by the closed form. */
export async function estimateCommand(context: Context, request: ModelRequest) {
  const input = await readModelInput(context, request);
  const { job, calibration, prices } = input;
  const setups = setupsOf(job, calibration, prices);
  const arms = predict(job, calibration, prices);
  const curves = scalingCurves(job, calibration, prices);
  const problems = problemsOf(job, setups);
  const around = aroundArms(job);
  const unit = unitOf(job.workload);
  const text = [
    `${itemCount(job.items, unit)} of ${bytes(Math.round(job.bytesPerItem))}, ${job.workload}, ${plural(setups[0]?.batches ?? 0, 'batch', 'batches')}${stagesText(job)}`,
    '',
    ...armTable(arms, unit),
    '',
    besideArms(job),
    ...(curves?.crossings ?? []).map(
      ({ what, items, below, above }) =>
        `${what === 'usd' ? 'Cheaper' : 'Faster'}: ${below} below ${itemCount(Math.round(items), unit)}, ${above} above.`,
    ),
    ...problems.map((problem) => `Note: ${problem}`),
    ...footing(input),
  ].join('\n');
  return { json: { job, arms, around, problems, curves, calibration, prices: footOf(prices) }, text };
}

/** What a run takes beside either arm. */
export function besideArms(job: Job): string {
  const { planMs, aggregateMs } = aroundArms(job);
  return `Beside the arms: listing ${duration(planMs)}, aggregate ${duration(aggregateMs)}.`;
}

/** Of a workload with several stages, which goes over all batches in each. */
export function stagesText({ stages }: Job): string {
  return stages === null ? '' : `, ${plural(stages, 'stage')}`;
}

/** What the figures rest on. */
export function footing({ job, calibration, prices, account }: ModelInput): string[] {
  const { differentKernels } = calibration;
  const { ageDays, stale } = ageOf(prices, Date.now());
  return [
    `Rests on: ${calibration.source}.`,
    ...(differentKernels === null ? [] : [differentKernelsText(differentKernels)]),
    ...stagesRemark(job, calibration),
    `Prices: ${prices.region}, ${prices.date}${stale ? `, ${ageDays} days old` : ''}.`,
    ...storageText(job),
    ...accountText(job, account),
  ];
}

/** What no run of this workload has told of its stages. */
function stagesRemark({ stages, workload }: Job, calibration: Calibration): string[] {
  if (stages === null || calibration.workload === workload) return [];
  return [
    `Stages: as many as its settings allow, each of which reads all ${unitOf(workload).many}; how many it needs, and what its workers keep in memory, a run of it tells (--from).`,
  ];
}

/** How many functions the account runs at once, where it was asked or is taken for an old one. */
function accountText({ accountConcurrency }: Job, account: ModelInput['account']): string[] {
  const most = `${count(accountConcurrency)} functions at once`;
  if (account === null) {
    const { accountConcurrency: usual, newAccountConcurrency } = LAMBDA_LIMITS;
    return accountConcurrency === usual
      ? [
          `Account: ${most}; a new one begins with ${newAccountConcurrency} (--account-concurrency, or --stage to ask Lambda).`,
        ]
      : [];
  }
  return typeof account === 'string'
    ? [`Account: not known (${account}), so ${most} are assumed; --account-concurrency says it.`]
    : [`Account: ${most}, as Lambda says.`];
}

/** Where reading the items costs more than reading Standard. */
function storageText({ storage, workload }: Job): string[] {
  const others = storage.filter(({ storageClass }) => readPricesOf(storageClass).retrieval !== null);
  if (others.length === 0) return [];
  const parts = others.map(
    ({ storageClass, gets }) =>
      `${storageClass}${gets === 1 ? '' : ` (${Math.round(100 * gets)} % of the GETs)`}`,
  );
  return [
    `${sentence(unitOf(workload).many)} are read at the prices of ${parts.join(', ')}, by GET and by GB.`,
  ];
}

export function footOf(prices: Prices) {
  const { region, date, source } = prices;
  return { region, date, source, ...ageOf(prices, Date.now()) };
}

function armTable(arms: readonly Prediction[], { many }: Unit): string[] {
  return textTable(
    [
      { title: 'Arm', align: 'left' },
      { title: 'time', align: 'right' },
      { title: `${many}/s`, align: 'right' },
      { title: 'cost', align: 'right' },
      { title: 'limited by', align: 'left' },
    ],
    arms.map(({ arm, label, seconds, usd: cost, limit, items }) => [
      `${arm} (${label})`,
      duration(seconds * 1000),
      count(Math.round(items / seconds)),
      usd(cost),
      limit,
    ]),
  );
}
