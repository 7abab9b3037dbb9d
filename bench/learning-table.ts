import { spread } from '../src/statistics/median.ts';
import type { ContenderKind } from './contender.ts';
import { medianRatio } from './median-ratio.ts';
import { markdownTable } from './table.ts';

/** What a contender took in each round, in seconds for the whole job, and what it answered. */
export type LearningResult = {
  readonly name: string;
  readonly kind: ContenderKind;
  readonly wall: readonly number[];
  readonly cpu: readonly number[];
  /** In words, beside the exact answer. */
  readonly answer: string;
};

/** A contender that could not do it, and why. */
export type LearningFailure = { readonly name: string; readonly failure: string };

/** The quickest by CPU time first, with ratios to `peer` within the rounds. */
export function learningTable(results: readonly (LearningResult | LearningFailure)[], peer: string): string {
  const measured = results.filter((one): one is LearningResult => !('failure' in one));
  const base = measured.find(({ name }) => name === peer);
  const sorted = measured.toSorted((a, b) => spread(a.cpu).median - spread(b.cpu).median);
  const table = markdownTable(
    ['Contender', 's, median [min-max]', 'CPU s', `CPU of ${peer} over its own`, 'answer'],
    sorted.map(({ name, kind, wall, cpu, answer }) => [
      kind === 'fanfleet' ? `**${name}**` : name,
      figures(wall),
      figures(cpu),
      base !== undefined && base.cpu.length === cpu.length ? medianRatio(base.cpu, cpu).toPrecision(3) : '',
      answer,
    ]),
  );
  const failed = results.flatMap((one) =>
    'failure' in one ? [`\n${one.name} could not do it: ${one.failure.replaceAll(/\s+/g, ' ')}\n`] : [],
  );
  return `${table}${failed.join('')}`;
}

function figures(values: readonly number[]): string {
  const { median, min, max } = spread(values);
  const [middle, least, most] = [median, min, max].map((value) => value.toPrecision(3));
  return values.length === 1 ? `${middle}, one pass` : `${middle} [${least}-${most}]`;
}
