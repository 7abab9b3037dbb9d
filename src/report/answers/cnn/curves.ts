import { scaleLinear } from 'd3-scale';
import { count, figure, percent, plural } from '../../../format.ts';
import { type Plot, plot } from '../../charts/plot.ts';
import type { Markup } from '../../markup.ts';
import type { AnswerOf } from '../view.ts';

type Rounds = AnswerOf<'cnn'>['rounds'];

/** Each round has a dot where they can be told apart. */
const MOST_DOTS = 60;
const MOST_MARKS = 6;

/** The mean loss of the steps of each round, of two at least. */
export function lossChart(rounds: Rounds): Markup {
  const losses = rounds.map(({ loss }) => loss ?? 0);
  const y = scaleLinear([0, Math.max(...losses)], [0, 1]).nice(4);
  return plot({
    ...axisOf(rounds),
    id: 'loss',
    labels: 'above',
    title: 'Loss by round',
    description: `From ${figure(losses[0] ?? null)} in the first round to ${figure(losses.at(-1) ?? null)} in the last of ${plural(losses.length, 'round')}.`,
    yTitle: 'loss: cross entropy, the mean of all steps of the round',
    y: y.ticks(4).map((value) => ({ at: y(value), label: figure(value) })),
    series: [seriesOf('inertia', '', losses, (value) => y(value), figure)],
  });
}

/** The part of the images that are recognised after each round: of those that are learned from, and of the others. */
export function accuracyChart(rounds: Rounds): Markup {
  const [train, test] = [rounds.map((round) => round.train ?? 0), rounds.map((round) => round.test ?? 0)];
  const y = scaleLinear([Math.min(...train, ...test), 1], [0, 1]).nice(4);
  return plot({
    ...axisOf(rounds),
    id: 'accuracy',
    labels: 'above',
    title: 'Accuracy by round',
    description: `Of images that are not learned from ${percent(test[0] ?? null)} after the first round and ${percent(test.at(-1) ?? null)} after the last; of the others ${percent(train.at(-1) ?? null)}.`,
    yTitle: 'accuracy after the round',
    y: y.ticks(4).map((value) => ({ at: y(value), label: percent(value) })),
    series: [
      seriesOf('fleet', 'learned from', train, (value) => y(value), percent),
      seriesOf('serverless', 'others', test, (value) => y(value), percent),
    ],
  });
}

function axisOf(rounds: Rounds): Pick<Plot, 'x' | 'xTitle'> {
  const x = scaleLinear([1, rounds.length], [0.02, 0.98]);
  const marks = [...new Set([1, ...x.ticks(MOST_MARKS)])].filter(
    (value) => Number.isInteger(value) && value >= 1 && value <= rounds.length,
  );
  return { xTitle: 'round', x: marks.map((value) => ({ at: x(value), label: count(value) })) };
}

function seriesOf(
  kind: string,
  label: string,
  values: readonly number[],
  y: (value: number) => number,
  told: (value: number) => string,
) {
  const x = scaleLinear([1, values.length], [0.02, 0.98]);
  const named = label === '' ? '' : `, ${label}`;
  return {
    ...{ kind, label, dots: values.length <= MOST_DOTS },
    points: values.map((value, i) => ({
      ...{ x: x(i + 1), y: y(value) },
      text: `round ${count(i + 1)}${named}: ${told(value)}`,
    })),
  };
}
