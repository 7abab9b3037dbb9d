import { duration, usd } from '../format.ts';
import type { JudgedHistory, JudgedNight, Judgement, Measure } from './judge.ts';

/** What is sent to the topic. */
export interface Message {
  /** ASCII of at most 100 characters, as SNS has it. */
  readonly subject: string;
  readonly text: string;
}

/** What must be told of the last night, or null: a change of the verdict, and every night that failed. */
export function messageOf({ name, nights }: JudgedHistory): Message | null {
  const [before, last] = [nights.at(-2), nights.at(-1)];
  if (last === undefined) return null;
  const told = (what: string, lines: readonly string[]): Message => ({
    subject: `fanfleet ${name}: ${what}`.slice(0, 100),
    text: [
      `History ${name}, night of ${new Date(last.night.at).toISOString()}, run ${last.night.runId}: ${what}.`,
      '',
      ...lines,
      '',
      `See it: fanfleet history --name ${name}, and fanfleet report ${last.night.runId}.`,
    ].join('\n'),
  });
  if (last.state === 'failed') return told('the night failed', last.reasons);
  if (last.state === 'not comparable') {
    const known = before?.state === 'not comparable' && sameReasons(before, last);
    return known ? null : told('not comparable with the accepted baseline', notComparable(name, last));
  }
  const called = last.judgements.filter((judgement) => judgement.called !== null);
  if (called.length > 0) {
    return told('regression', [
      ...called.map(regressionText),
      '',
      `If this is meant to be so: fanfleet history reset --name ${name} --why "..."`,
    ]);
  }
  const recovered = last.judgements.filter(({ state }) => state === 'recovered');
  if (recovered.length > 0) return told('recovered', recovered.map(figureText));
  if (before?.state === 'failed') return told('nights succeed again', last.judgements.map(figureText));
  return null;
}

/** `serverless seconds: 12.3 s, 1.17 times the accepted baseline (95 % interval 1.12 to 1.21)`. */
export function regressionText(judgement: Judgement): string {
  const { called } = judgement;
  if (called === null) return figureText(judgement);
  const { low, high, pValue } = called.test;
  const how = called.kind === 'step' ? 'the nights above their limit' : 'the last ten nights, which drift';
  return `${figureText(judgement)} By the test of ${how}: 95 % interval ${low.toFixed(2)} to ${high.toFixed(2)}, p = ${pValue.toPrecision(2)}.`;
}

function figureText({ arm, measure, value, ratio, limit }: Judgement): string {
  const shown = (figure: number) => amount(measure, figure);
  const against =
    ratio === null ? 'still learning' : `last nights ${ratio.toFixed(2)} times the accepted baseline`;
  const bound = limit === null ? '' : `, limit ${shown(limit)}`;
  return `${arm}, ${measure === 'usd' ? 'cost' : 'time'}: ${shown(value)}; ${against}${bound}.`;
}

/** A figure with its unit. */
export function amount(measure: Measure, value: number): string {
  return measure === 'usd' ? usd(value) : duration(value * 1000);
}

function notComparable(name: string, { reasons }: JudgedNight): string[] {
  const reset = `Nights are not judged until this is undone, or accepted: fanfleet history reset --name ${name} --why "..."`;
  return [...reasons, '', reset];
}

function sameReasons(a: JudgedNight, b: JudgedNight): boolean {
  return a.reasons.join('\n') === b.reasons.join('\n');
}
