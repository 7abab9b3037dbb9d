import type { Readable } from 'node:stream';
import { stageOfRows } from '../../aggregate/stages.ts';
import { workloadLabel } from '../../workloads/text.ts';
import type { Summary } from '../summary-schema.ts';
import { parquetOf } from './parquet.ts';
import { type ReadRowsInput, readRows } from './read.ts';

/**
 * The rows of the arm and round that the failures and the dataset of the summary were taken from, as a Parquet file.
 *
 * @returns null where no arm left any
 */
export function rowsAsParquet(
  { runId, request, rounds, failures: { source } }: Summary,
  reader: ReadRowsInput['reader'],
): Readable | null {
  if (source === null) return null;
  const { stages = [] } =
    rounds
      .flatMap(({ arms }) => arms)
      .find(({ arm, round }) => arm === source.arm && round === source.round) ?? {};
  const stage = stageOfRows(stages);
  const rows = readRows({ reader, runId, ...source, stage, workload: request.workload });
  return parquetOf(rows, {
    'fanfleet.run': runId,
    'fanfleet.arm': source.arm,
    'fanfleet.round': String(source.round),
    'fanfleet.workload': workloadLabel(request.workload),
  });
}
