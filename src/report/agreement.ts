import type { Agreement, ArmRound, ArmSummary, Ranking } from './summary-schema.ts';

/** Whether all that succeeded gave the same rows. */
export function judgeAgreement(rounds: readonly ArmRound[]): Agreement {
  const done = rounds.filter(({ status, digest }) => status === 'succeeded' && digest !== null);
  const [first] = done;
  if (first === undefined) {
    return { equal: null, digest: null, reason: 'No arm finished, so there is no answer to compare.' };
  }
  const other = done.find(({ digest }) => digest !== first.digest);
  if (other !== undefined) {
    const [one, two] = [nameOf(first.arm, first.round), nameOf(other.arm, other.round)];
    return { equal: false, digest: null, reason: sentence(`${one} and ${two} gave different rows.`) };
  }
  if (done.every(({ arm }) => arm === first.arm)) {
    const reason = `Only the ${first.arm} arm finished: there is nothing to compare it with.`;
    return { equal: null, digest: first.digest, reason };
  }
  const missing = rounds
    .filter(({ status }) => status === 'failed')
    .map(({ arm, round }) => nameOf(arm, round));
  const failed = missing.length === 0 ? '' : ` Failed and not compared: ${missing.join(', ')}.`;
  const who = done.length === 2 ? 'Both arms' : `All ${done.length} runs of both arms`;
  return { equal: true, digest: first.digest, reason: `${who} gave the same rows, to the byte.${failed}` };
}

/** The arms and rounds that failed, or whose answer is not valid: nothing is well where there are any. */
export function brokenArms(rounds: readonly { readonly arms: readonly ArmRound[] }[]): ArmRound[] {
  return rounds
    .flatMap(({ arms }) => arms)
    .filter(({ status, valid }) => status === 'failed' || (status === 'succeeded' && !valid));
}

export interface RankingInput {
  readonly rounds: readonly ArmRound[];
  readonly arms: readonly ArmSummary[];
  readonly agreement: Agreement;
  readonly contended: boolean;
  readonly repeats: number;
}

/** Which arm was faster, or why that cannot be said. */
export function rank({ rounds, arms, agreement, contended, repeats }: RankingInput): Ranking {
  const refusal = refuse(rounds, agreement, contended);
  const [a, b] = [...arms].filter(({ wallMs }) => wallMs !== null).sort((x, y) => median(x) - median(y));
  if (refusal !== null || a === undefined || b === undefined || a.wallMs === null || b.wallMs === null) {
    return {
      ranked: false,
      reason: refusal ?? 'There are not two arms with a time.',
      faster: null,
      ratio: null,
      notes: [],
    };
  }
  const notes: string[] = [];
  if (repeats === 1) notes.push('One run only: noise was not measured.');
  else if (b.wallMs.min <= a.wallMs.max) {
    notes.push('The ranges of the rounds overlap: the difference may be noise.');
  }
  if (median(a) === median(b)) {
    return { ranked: true, reason: 'Both arms took the same time.', faster: null, ratio: 1, notes };
  }
  const reason = `Same manifest, same rows; wall time over ${repeats === 1 ? 'one round' : `${repeats} rounds (median)`}.`;
  const ratio = median(a) === 0 ? null : median(b) / median(a);
  return { ranked: true, reason, faster: a.arm, ratio, notes };
}

function refuse(rounds: readonly ArmRound[], agreement: Agreement, contended: boolean): string | null {
  const failed = rounds.find(({ status }) => status === 'failed');
  if (failed !== undefined) return sentence(`${nameOf(failed.arm, failed.round)} failed.`);
  const unread = rounds.find(({ status, digest }) => status === 'succeeded' && digest === null);
  if (unread !== undefined) return `The results of ${nameOf(unread.arm, unread.round)} could not be read.`;
  if (agreement.equal === false) return agreement.reason;
  const invalid = rounds.find(({ status, valid }) => status === 'succeeded' && !valid);
  if (invalid !== undefined) {
    const codes = invalid.problems.map(({ code }) => code).join(', ');
    return `The answer of ${nameOf(invalid.arm, invalid.round)} is not valid (${codes}).`;
  }
  if (agreement.equal === null) return agreement.reason;
  const resumed = rounds.filter(({ batchesTakenOver }) => batchesTakenOver > 0);
  if (resumed.length > 0) {
    const names = resumed.map(({ arm, round }) => nameOf(arm, round)).join(', ');
    return `Not comparable: resumed. An earlier run did some or all batches of ${names}.`;
  }
  if (contended) return 'Both arms ran at the same time on the same cores and slowed each other down.';
  return null;
}

function median(arm: ArmSummary): number {
  return arm.wallMs?.median ?? Number.POSITIVE_INFINITY;
}

function nameOf(arm: string, round: number): string {
  return `the ${arm} arm (round ${round})`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
