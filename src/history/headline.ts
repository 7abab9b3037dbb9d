import { plural } from '../format.ts';
import type { Figure, JudgedHistory } from './judge.ts';
import { LEVEL_NIGHTS } from './regression.ts';

/** The verdict on a history in one sentence. */
export function headlineOf({ name, nights, regressions, reset }: JudgedHistory): string {
  const last = nights.at(-1);
  if (last === undefined) return `The history ${name} has no nights yet.`;
  if (reset !== null) return `The present level was accepted by ${reset.by}: ${reset.why}`;
  if (regressions.length > 0) {
    return `Regression: ${regressions.map((figure) => slower(last.judgements, figure)).join('; ')}.`;
  }
  switch (last.state) {
    case 'failed':
      return `The last night failed: ${last.reasons.join('; ')}`;
    case 'not comparable':
      return `The last night is not comparable with the accepted baseline: ${last.reasons.join('; ')}.`;
    case 'learning':
      return `Learning: no verdict before there are ${LEVEL_NIGHTS} comparable nights.`;
    case 'suspect': {
      const suspects = last.judgements.filter(({ state }) => state === 'suspect');
      return `Suspect: ${suspects.map((figure) => slower(last.judgements, figure)).join('; ')}.`;
    }
    default:
      return `No regression: ${plural(nights.length, 'night')} on the record.`;
  }
}

/** `serverless time` */
export function figureName({ arm, measure }: Figure): string {
  return `${arm} ${measure === 'usd' ? 'cost' : 'time'}`;
}

/** @param judgements of the last night, which has none where it failed */
function slower(judgements: JudgedHistory['nights'][number]['judgements'], { arm, measure }: Figure): string {
  const found = judgements.find((judgement) => judgement.arm === arm && judgement.measure === measure);
  const times = found?.ratio ?? null;
  const name = figureName({ arm, measure });
  return times === null ? name : `${name} is ${times.toFixed(2)} times the accepted baseline`;
}
