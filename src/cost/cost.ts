import type { ArmRound, RunFacts } from '../aggregate/run-facts.ts';
import { FanfleetError } from '../errors.ts';
import { ageOf, type Prices } from '../prices/prices.ts';
import { unitOf } from '../workloads/facts.ts';
import { fleetBill, serverlessBill } from './arm-bills.ts';
import { addBills, type Bill, billOf, type Cost } from './bill.ts';
import { fleetUsage } from './fleet-usage.ts';
import { cloudWatchLines, functionLines, s3Lines, transitionsLine } from './lines.ts';
import { serverlessUsage } from './serverless-usage.ts';
import { sharedUsage } from './shared-usage.ts';
import { classNotes } from './storage-classes.ts';

const MILLION = 1e6;

/**
 * The whole bill of a run: each arm by its median round, a million items by the same use, and the run itself.
 *
 * @param prices null where there are none of the region
 * @param now epoch milliseconds: how old the prices are
 * @returns `cost` null where no arm could be billed; `remarks` say of each arm and round that could not, and why
 */
export function costOf(
  run: RunFacts,
  prices: Prices | null,
  now: number,
): { readonly cost: Cost | null; readonly remarks: readonly string[] } {
  if (prices === null) {
    const { region } = run.environment;
    return {
      cost: null,
      remarks: [
        `No bill: there are no prices of ${region}; \`fanfleet prices refresh --region ${region} --publish\` puts some there.`,
      ],
    };
  }
  const ran = run.rounds.flatMap(({ arms }) => arms).filter(({ status }) => status !== 'skipped');
  const remarks: string[] = [];
  const billed = ran.flatMap((round) => {
    const bill = armBill(run, round, prices, remarks);
    return bill === null ? [] : [{ round, bill }];
  });
  if (billed.length === 0) return { cost: null, remarks };
  const arms = run.request.arms.flatMap((arm) => {
    const rounds = billed
      .filter(({ round }) => round.arm === arm && round.status === 'succeeded')
      .sort((a, b) => a.bill.usd - b.bill.usd);
    // Of an even number the lower one of the two, as for times.
    const median = rounds[Math.floor((rounds.length - 1) / 2)];
    if (median === undefined) return [];
    const { round, bill } = median;
    return [{ arm, usd: bill.usd, bill, usdPerMillionItems: perMillion(run, round, prices) }];
  });
  const age = ageOf(prices, now);
  const cost: Cost = {
    currency: prices.currency,
    region: prices.region,
    prices: { date: prices.date, source: prices.source, ...age },
    arms,
    comparison: addBills([sharedBill(run, prices), ...billed.map(({ bill }) => bill)]),
    notes: [...notes(run, prices, age), ...remarks],
  };
  return { cost, remarks };
}

/** What a run costs beside its arms. */
export function sharedBill(run: RunFacts, prices: Prices): Bill {
  const { functions, stateTransitions, s3, logBytes } = sharedUsage(run);
  return billOf([
    ...functions.flatMap((each) => functionLines(each, prices)),
    transitionsLine(stateTransitions, prices),
    ...s3Lines(s3, prices),
    ...cloudWatchLines(logBytes, 0, prices),
  ]);
}

function armBill(run: RunFacts, round: ArmRound, prices: Prices, remarks: string[]): Bill | null {
  try {
    const bill = billFor(run, round, prices);
    if (bill === null) remarks.push(`${nameOf(round)} has no bill: ${missing(round)}.`);
    return bill;
  } catch (error) {
    if (!(error instanceof FanfleetError && error.code === 'PRICES_MISSING')) throw error;
    remarks.push(`${nameOf(round)} has no bill. ${error.message}`);
    return null;
  }
}

/** @param items @default those of the round, as measured */
function billFor(run: RunFacts, round: ArmRound, prices: Prices, items?: number): Bill | null {
  if (round.arm === 'serverless') {
    const usage = serverlessUsage(run, round, items);
    return usage === null ? null : serverlessBill(usage, prices);
  }
  const usage = fleetUsage(run, round, prices, items);
  return usage === null ? null : fleetBill(usage, prices);
}

/** Of a round that did only a part, or nothing, there is no telling what a whole one takes. */
function perMillion(run: RunFacts, round: ArmRound, prices: Prices): number | null {
  if (round.batchesTakenOver > 0 || round.items === 0) return null;
  return billFor(run, round, prices, MILLION)?.usd ?? null;
}

function nameOf({ arm, round }: ArmRound): string {
  return `The ${arm} arm of round ${round}`;
}

function missing({ arm }: ArmRound): string {
  return arm === 'fleet' ? 'nothing tells how long its instances ran' : 'it left no spans';
}

function notes(
  { environment, request, plan, rounds }: RunFacts,
  { date, remarks = [] }: Prices,
  { ageDays, stale }: { ageDays: number; stale: boolean },
) {
  const unit = unitOf(request.workload.name);
  return [
    ...(stale
      ? [`The prices are of ${date}, ${ageDays} days before: \`fanfleet prices refresh\` reads today's.`]
      : []),
    ...remarks,
    ...classNotes(plan.storageClasses, unit),
    ...(environment.offline
      ? ['Run offline: the use is billed as if it had been in AWS, but its times are those of this machine.']
      : []),
    ...(request.requesterPays
      ? [`This account pays for the requests to the bucket of the ${unit.many}, as the requester.`]
      : []),
    ...(rounds.some(({ arms }) => arms.some(({ fleet }) => fleet?.kept))
      ? [
          'The fleet was kept: the bill has its time for this run, and the idle time before it. That behind its last run is in no bill of a run.',
        ]
      : []),
    ...(request.resume === null
      ? []
      : ['The run took over batches of an earlier one, which are not in the bill.']),
    'List prices without tax, free tier or discount; storage is that of the first 30 days.',
    `A million ${unit.many}: what a run costs once is not multiplied; the plan and the aggregate are not in it.`,
  ];
}
