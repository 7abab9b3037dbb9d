import type { ArmRound } from '../aggregate/run-facts.ts';
import type { OneKind, Tolerated } from '../aggregate/tolerated.ts';
import { sentence } from '../format.ts';
import type { Agreement } from './summary-schema.ts';

/**
 * Whether all that succeeded gave the same rows.
 *
 * @param difference what is known of it if they did not. @default nothing: they gave different answers then
 */
export function judgeAgreement(
  rounds: readonly ArmRound[],
  difference: Tolerated | OneKind | null = null,
): Agreement {
  const tolerated = difference !== null && 'text' in difference ? difference : null;
  const done = rounds.filter(({ status, digest }) => status === 'succeeded' && digest !== null);
  const [first] = done;
  if (first === undefined) {
    return { equal: null, digest: null, reason: 'No arm finished, so there is no answer to compare.' };
  }
  const other = done.find(({ digest }) => digest !== first.digest);
  if (other !== undefined && tolerated === null) {
    const [one, two] = [nameOf(first.arm, first.round), nameOf(other.arm, other.round)];
    const onKind =
      difference !== null && 'kind' in difference
        ? `, near each other, though on one kind of processor (${difference.kind}), where they must be equal`
        : '';
    return {
      equal: false,
      digest: null,
      reason: sentence(`${one} and ${two} gave different rows${onKind}.`),
    };
  }
  if (done.every(({ arm }) => arm === first.arm)) {
    const reason = `Only the ${first.arm} arm finished: there is nothing to compare it with.`;
    return { equal: null, digest: other === undefined ? first.digest : null, reason };
  }
  const missing = rounds
    .filter(({ status }) => status === 'failed')
    .map(({ arm, round }) => nameOf(arm, round));
  const failed = missing.length === 0 ? '' : ` Failed and not compared: ${missing.join(', ')}.`;
  const who = done.length === 2 ? 'Both arms' : `All ${done.length} runs of both arms`;
  if (other !== undefined && tolerated !== null) {
    const { text, images } = tolerated;
    const reason = `${who} gave ${text}: ${images}.${failed}`;
    return { equal: true, digest: null, within: text, reason };
  }
  return { equal: true, digest: first.digest, reason: `${who} gave the same rows, to the byte.${failed}` };
}

/** The arms and rounds that failed, or whose answer is not valid: nothing is well where there are any. */
export function brokenArms(rounds: readonly { readonly arms: readonly ArmRound[] }[]): ArmRound[] {
  return rounds
    .flatMap(({ arms }) => arms)
    .filter(({ status, valid }) => status === 'failed' || (status === 'succeeded' && !valid));
}

/** `the fleet arm (round 1)`. */
export function nameOf(arm: string, round: number): string {
  return `the ${arm} arm (round ${round})`;
}
