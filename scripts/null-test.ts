/**
 * Compares one configuration with itself, many times, and says how often noise alone is called a difference on this machine;
 * then plants slow-downs into the same runs and says how many pairs it takes to call each.
 *
 * node scripts/null-test.ts                                      42 comparisons of 7 pairs, 20 minutes at most
 * node scripts/null-test.ts --minutes 5 --rounds 14                fewer
 * node scripts/null-test.ts --side fleet,engine=dask --prefix …    of another configuration, on a stack that is up (--home)
 * node scripts/null-test.ts --from comparison.json                 of what was measured before, without measuring
 * node scripts/null-test.ts --markdown FILE                        the page in a file too
 *
 * It deploys a stack of its own and ends it, unless --home names one that is up. Ends with 1 if more than 5 % were called.
 */
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { type Comparison, readComparison } from '../src/compare/comparison.ts';
import type { Pair } from '../src/compare/null-test.ts';
import { type Power, powerOf } from '../src/compare/power.ts';
import { measuredPairs } from '../src/compare/verdict.ts';
import { percent } from '../src/format.ts';
import { seededRandom } from '../src/statistics/random.ts';
import { MINIMUM_EFFECT, SIGNIFICANCE } from '../src/statistics/ratio-test.ts';
import { startCli } from './own-stack/cli.ts';
import { onOwnStack } from './own-stack/deploy.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    side: { type: 'string', default: 'serverless' },
    prefix: { type: 'string', default: 'digits/' },
    pairs: { type: 'string', default: '7' },
    rounds: { type: 'string', default: '49' },
    /** Series of pairs that are measured in turn. */
    series: { type: 'string', default: '6' },
    minutes: { type: 'string', default: '20' },
    home: { type: 'string' },
    from: { type: 'string' },
    markdown: { type: 'string' },
  },
});
/** Pairs that are added one by one until a planted difference is called. */
const SEQUENCE = 24;
const PLANTED = [1, 1.1, 1.2, 1.5];
const pairs = Number(values.pairs);

const comparison = values.from === undefined ? await measured() : await readComparison(values.from);
const series = seriesOf(comparison);
const powers = PLANTED.map((times) =>
  powerOf(series, times, {
    sizes: [pairs, 11, 15],
    sequence: SEQUENCE,
    minimumEffect: MINIMUM_EFFECT,
    random: seededRandom(1),
  }),
);
const page = render(comparison, series, powers);
stdout.write(page);
if (values.markdown !== undefined) await writeFile(values.markdown, page);
const nulls = powers[0]?.calls[0]?.test;
process.exitCode = nulls && nulls.calledDifferent <= SIGNIFICANCE * nulls.comparisons ? 0 : 1;

function measured(): Promise<Comparison> {
  return values.home === undefined ? onOwnStack('null', ['digits'], measure) : measure(values.home);
}

/** By the command itself, so that what is judged here is what it measures. When the time is up it is interrupted. */
async function measure(home: string): Promise<Comparison> {
  const nullComparisons = String(Number(values.series) - 1);
  const child = startCli(home, [
    ...['compare', values.side, values.side, values.prefix],
    ...['--repeats', values.rounds, '--null', nullComparisons],
  ]);
  child.stdout?.resume();
  child.stderr?.resume();
  const timer = setTimeout(() => child.kill('SIGINT'), Number(values.minutes) * 60_000);
  await once(child, 'close');
  clearTimeout(timer);
  const folder = join(home, 'comparisons');
  const latest = (await readdir(folder)).sort().at(-1) ?? '';
  return readComparison(join(folder, latest, 'comparison.json'));
}

/** The pairs of each series over the rounds that are complete. */
function seriesOf(of: Comparison): Pair[][] {
  const all = Array.from({ length: of.nullComparisons + 1 }, (_, i) => measuredPairs(of, i));
  const complete = Math.min(...all.map(({ length }) => length));
  return all.map((one) => one.slice(0, complete));
}

function render(of: Comparison, all: readonly Pair[][], found: readonly Power[]): string {
  const sizes = found[0]?.calls.map(({ pairs: size }) => size) ?? [];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const called = (power: Power) =>
    power.calls.map(({ test }) =>
      test === null
        ? '–'
        : `${test.calledDifferent} of ${test.comparisons} (${percent(test.calledDifferent / test.comparisons)})`,
    );
  const needed = ({ needed: count, missed, sequences }: Power) => {
    if (sequences === 0) return '–';
    if (count === null) return `not within ${SEQUENCE}, in any of ${sequences}`;
    const others = missed === 0 ? '' : `; not within ${SEQUENCE} in ${missed} of ${sequences}`;
    return `${count.median} [${count.min} - ${count.max}]${others}`;
  };
  return [
    `\`${of.a.label}\` against itself over \`${of.request.prefix}\`: ${all.length * (all[0]?.length ?? 0)} pairs, functions ${of.state}, by ${of.metric}.`,
    'A planted slow-down multiplies the times of the second run of each pair.',
    '',
    line([
      'planted',
      ...sizes.map((size) => `called with ${size} pairs`),
      'pairs until it was called, median [range]',
    ]),
    line(['---', ...sizes.map(() => '---:'), '---:']),
    ...found.map((power) =>
      line([
        power.times === 1 ? 'nothing' : `${Math.round((power.times - 1) * 100)} %`,
        ...called(power),
        power.times === 1 ? '–' : needed(power),
      ]),
    ),
    '',
  ].join('\n');
}
