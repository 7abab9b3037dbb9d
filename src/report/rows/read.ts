import { readManifest } from '../../aggregate/manifest-stream.ts';
import { type BucketReader, getIfPresent } from '../../aws/bucket-reader.ts';
import { inOrder } from '../../concurrency/in-order.ts';
import type { Arm } from '../../contract/arm.ts';
import { layout } from '../../contract/layout.ts';
import type { Row } from '../../contract/row.ts';
import type { Workload } from '../../contract/workload.ts';
import { answerOf } from '../../workloads/answers.ts';

export interface ReadRowsInput {
  readonly reader: Pick<BucketReader, 'get' | 'stream'>;
  readonly runId: string;
  readonly arm: Arm;
  readonly round: number;
  /** The one whose rows count, of an arm that has several. @default the arm is a single map */
  readonly stage?: number | undefined;
  readonly workload: Workload;
}

/** Batches that are read at once, and so the most that are held. */
const AHEAD = 16;

/**
 * The sound rows of one arm in one round, in the order of their keys. A batch without results has none, and a row that
 * the aggregator would not take is left out: the summary says how many there are of either.
 */
export async function* readRows({
  reader,
  runId,
  arm,
  round,
  stage,
  workload,
}: ReadRowsInput): AsyncGenerator<Row> {
  const answer = answerOf(workload);
  const manifest = readManifest(reader.stream(layout.manifest(runId)));
  const load = ({ batch }: { batch: number }) =>
    getIfPresent(reader, layout.result(runId, arm, round, batch, stage));
  for await (const body of inOrder(manifest, load, { atOnce: AHEAD })) {
    for (const line of body?.toString('utf8').split('\n') ?? []) {
      const { row } = line === '' ? {} : answer.check(line);
      if (row !== undefined) yield row;
    }
  }
}
