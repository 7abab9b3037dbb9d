import { UNKNOWN } from '../format.ts';
import { figureName } from './headline.ts';
import type { JudgedHistory, JudgedNight } from './judge.ts';
import { amount } from './message.ts';
import { trendsOf } from './trends.ts';

export interface HistoryTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * The last nights, the latest at the bottom, with a row for a reset that none has followed yet. Every format shows this table.
 *
 * @param most nights
 */
export function historyTable(history: JudgedHistory, most: number): HistoryTable {
  const figures = trendsOf(history, most);
  const figureOf = ({ judgements }: JudgedNight, { arm, measure }: (typeof figures)[number]) => {
    const found = judgements.find((other) => other.arm === arm && other.measure === measure);
    return found === undefined ? UNKNOWN : amount(measure, found.value);
  };
  const rows = history.nights
    .slice(-most)
    .flatMap((judged) => [
      ...(judged.reset === null ? [] : [resetRow(judged.reset, figures.length)]),
      [
        instantText(judged.night.at),
        judged.night.runId,
        ...figures.map((figure) => figureOf(judged, figure)),
        worstRatio(judged),
        judged.state,
        noteOf(judged),
      ],
    ]);
  const { reset } = history;
  return {
    columns: ['night', 'run', ...figures.map(figureName), 'to baseline', 'state', ''],
    rows: reset === null ? rows : [...rows, resetRow(reset, figures.length)],
  };
}

function resetRow({ at, by, why }: NonNullable<JudgedHistory['reset']>, figures: number): string[] {
  return [instantText(at), '', ...Array.from({ length: figures + 1 }, () => ''), 'reset', `${by}: ${why}`];
}

/** The highest ratio to the accepted baseline of all figures. */
function worstRatio({ judgements }: JudgedNight): string {
  const ratios = judgements.flatMap(({ ratio }) => ratio ?? []);
  return ratios.length === 0 ? UNKNOWN : `${Math.max(...ratios).toFixed(2)}x`;
}

function noteOf({ night, reasons, judgements }: JudgedNight): string {
  const faster = judgements.filter(({ improved }) => improved);
  return [
    ...reasons,
    ...faster.map((figure) => `faster ${figureName(figure)} is the baseline now`),
    ...(night.addedBy === null ? [] : [`added by ${night.addedBy}`]),
  ].join('; ');
}

/** To the minute, in UTC. */
function instantText(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ');
}
