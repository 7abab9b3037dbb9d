import type { Summary } from '../../src/report/summary-schema.ts';
import type { Compared } from './validation.ts';

const seconds = (ms: number) => (ms / 1000).toFixed(2);
const percent = (part: number) => `${(100 * part).toFixed(0)} %`;

/** The comparison as Markdown, with the machine that it was made on. */
export function validationTable(compared: readonly Compared[], [first]: readonly Summary[]): string {
  const rows = compared
    .toSorted((a, b) => b.arm.localeCompare(a.arm) || a.items - b.items || a.batchSize - b.batchSize)
    .map((each) =>
      [
        each.arm,
        each.items.toLocaleString('en-US'),
        each.batchSize,
        each.batches,
        seconds(each.predictedMs),
        seconds(each.measuredMs),
        `${each.deviation < 0 ? '' : '+'}${percent(each.deviation)}${each.calibrated ? ' (calibrated on it)' : ''}`,
        each.rounds === 1 ? '' : percent(each.noise),
      ].join(' | '),
    );
  const where =
    first === undefined
      ? ''
      : `${first.environment.cpuModel}, ${first.environment.cores} cores, ${new Date(first.startedAt).toISOString().slice(0, 10)}, Node ${first.environment.node}; fleet: ${first.request.workers} worker(s), engine ${first.request.engine}.`;
  return [
    where,
    '',
    '| arm | images | batch size | batches | predicted, s | measured, s | deviation | range of rounds |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}
