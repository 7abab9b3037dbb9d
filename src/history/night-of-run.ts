import { createHash } from 'node:crypto';
import { getIfPresent } from '../aws/bucket-reader.ts';
import type { ObjectStore } from '../aws/object-store.ts';
import { layout } from '../contract/layout.ts';
import { parseJson } from '../parse.ts';
import { type Summary, summarySchema } from '../report/summary-schema.ts';
import { conditionsOf } from './conditions.ts';
import type { Night, NightArm } from './night.ts';

export interface NightRun {
  readonly runId: string;
  /** When the night began, epoch milliseconds. */
  readonly at: number;
  /** Why the execution failed; null where it did not. */
  readonly error: Night['error'];
  /** Who adds it by hand; null for the schedule. */
  readonly addedBy: string | null;
}

/**
 * The night that a run was, from what the run left in S3.
 *
 * A run without a summary failed early, and is a night all the same: one that failed.
 */
export async function nightOfRun(runs: ObjectStore, run: NightRun): Promise<Night> {
  const found = await getIfPresent(runs, layout.summary(run.runId));
  if (found === null) return failedNight(run, noReport);
  const summary = parseJson(summarySchema, found, 'summary.json');
  return nightOf(summary, await digestOf(runs, summary.plan.manifestKey), run);
}

/** @param manifestDigest SHA-256 of the run's `manifest.json` */
export function nightOf(summary: Summary, manifestDigest: string, run: NightRun): Night {
  const error = run.error ?? failureOf(summary);
  const cost = summary.cost;
  return {
    version: 1,
    ...run,
    error,
    status: error === null ? 'succeeded' : 'failed',
    conditions: conditionsOf(summary, manifestDigest),
    fanfleet: summary.environment.versions.fanfleet ?? null,
    pricesOf: cost?.prices.date ?? null,
    arms: summary.request.arms.flatMap((arm) => armOf(summary, arm) ?? []),
  };
}

const noReport = { code: 'NO_REPORT', message: 'The run ended before its report was made.' };

function failedNight({ error, ...run }: NightRun, otherwise: NonNullable<Night['error']>): Night {
  return {
    version: 1,
    ...run,
    status: 'failed',
    error: error ?? otherwise,
    conditions: {},
    fanfleet: null,
    pricesOf: null,
    arms: [],
  };
}

/** A round that failed or is not valid fails the night, also where the run is added by hand. */
function failureOf({ rounds, agreement }: Summary): Night['error'] {
  if (agreement.equal === false) return { code: 'ArmsDisagree', message: agreement.reason };
  const broken = rounds
    .flatMap(({ arms }) => arms)
    .find(({ status, valid }) => status === 'failed' || (status === 'succeeded' && !valid));
  if (broken === undefined) return null;
  const message = broken.error?.message ?? 'Its results are not complete.';
  return { code: 'ArmFailed', message: `${broken.arm}, round ${broken.round}: ${message}` };
}

/** Nothing where the arm has no time that counts. */
function armOf(summary: Summary, name: NightArm['arm']): NightArm | undefined {
  const wall = summary.arms.find(({ arm }) => arm === name)?.wallMs;
  const rounds = summary.rounds
    .flatMap(({ arms }) => arms)
    .filter(({ arm, status, valid, wallMs }) => arm === name && status === 'succeeded' && valid && wallMs)
    .map(({ wallMs }) => (wallMs ?? 0) / 1000);
  if (!wall?.median || rounds.length === 0) return undefined;
  const usd = summary.cost?.arms.find(({ arm }) => arm === name)?.usd ?? 0;
  return { arm: name, seconds: wall.median / 1000, rounds, usd: usd > 0 ? usd : null };
}

async function digestOf(runs: ObjectStore, key: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of runs.stream(key)) hash.update(piece);
  return hash.digest('hex');
}
