import { count, duration } from '../format.ts';
import { cell, type FigureGroup, type Rows } from './figure-rows.ts';
import { stageTimes } from './stage-times.ts';

/** What the stages of each arm took, added up; without rows where the workload is a single map. */
export function stageFigures(rows: Rows): FigureGroup {
  const title = 'Stages';
  if (rows.columns.every(({ shown }) => !shown?.stages.length)) return { title, rows: [] };
  return {
    title,
    rows: [
      rows.row('stages', 'stages', ({ shown }) => cell(shown?.stages.length, count)),
      rows.row('map', 'ms', ({ shown }) => {
        const times = stageTimes(shown?.stages ?? []);
        return cell(times.length === 0 ? null : times.reduce((sum, { mapMs }) => sum + mapMs, 0), duration);
      }),
      // As parts of the overhead they are known of all stages, cut to the arm.
      rows.row('reduce', 'ms', ({ shown }) => cell(shown?.overhead?.reduce, duration)),
      rows.row('orchestration between', 'ms', ({ shown }) => cell(shown?.overhead?.betweenStages, duration)),
    ],
  };
}
