import { type BucketReader, getIfPresent } from '../aws/bucket-reader.ts';
import { layout } from '../contract/layout.ts';
import type { Normalisation } from '../contract/normalisation.ts';
import type { PerChannel } from '../contract/row.ts';
import { FanfleetError } from '../errors.ts';
import { parseJson } from '../parse.ts';
import type { Run } from '../run/run.ts';
import { workloadText } from '../workloads/text.ts';
import { type Summary, summarySchema } from './summary-schema.ts';

/**
 * A run whose normalisation has the range of the dataset, if it names an earlier run to take that from; else the run
 * as it is.
 *
 * @param runs the bucket of the runs
 * @throws FanfleetError `STATISTICS_UNUSABLE` if that run is not there, is over other images, or its answer is no range
 */
export async function withDatasetRange(run: Run, runs: Pick<BucketReader, 'get'>): Promise<Run> {
  const { workload } = run;
  if (workload.name !== 'normalise') return run;
  const { params } = workload;
  const { statisticsRun } = params;
  if (statisticsRun === undefined) return run;
  const found = await getIfPresent(runs, layout.summary(statisticsRun));
  if (found === null) {
    throw unusable(statisticsRun, 'it has no summary: it is no run of this stage, or has not ended');
  }
  const summary = parseJson(summarySchema, found, layout.summary(statisticsRun));
  return { ...run, workload: { ...workload, params: { ...params, range: rangeOf(summary, run) } } };
}

function rangeOf(summary: Summary, run: Run): NonNullable<Normalisation['range']> {
  const { runId, request, answer, agreement, failures } = summary;
  const [own, other] = [run, request].map(({ bucket, prefix }) => `s3://${bucket}/${prefix}`);
  if (own !== other) throw unusable(runId, `this run is over ${own}, and that one was over ${other}`);
  if (agreement.equal === false) throw unusable(runId, 'its arms gave different answers');
  if (answer !== null && answer.kind !== 'statistics')
    throw unusable(runId, `its workload was ${answer.kind}`);
  if (!answer?.dataset) throw unusable(runId, 'it measured no image');
  const { dataset } = answer;
  const source = summary.rounds
    .find(({ round }) => round === answer.source.round)
    ?.arms.find(({ arm }) => arm === answer.source.arm);
  if (source?.status !== 'succeeded' || !source.valid) throw unusable(runId, 'its answer is not complete');
  // Another time they may be read.
  const unread = failures.codes.find(({ code }) => code.startsWith('OBJECT_'));
  if (unread !== undefined) {
    throw unusable(runId, `${unread.count} of its images have ${unread.code}: they are not in its range`);
  }
  if (source.droppedBits > 0) {
    const images =
      source.droppedBits === 1 ? '1 of its images has' : `${source.droppedBits} of its images have`;
    throw unusable(runId, `${images} 16 bits, of which it measured 8: run it with \`depth\` "native"`);
  }
  const limit = (of: { readonly unit: number } | null | undefined) =>
    of ? Math.round(of.unit * (2 ** dataset.depth - 1)) : undefined;
  const [red, green, blue] = dataset.channels;
  const min = perChannel(limit(red?.min), limit(green?.min), limit(blue?.min));
  const max = perChannel(limit(red?.max), limit(green?.max), limit(blue?.max));
  if (min === null || max === null) {
    throw unusable(
      runId,
      `its workload was ${workloadText(request.workload)}: statistics with the operation minmax or stats have minima and maxima`,
    );
  }
  return { min, max, ...(dataset.depth === 16 && { depth: 16 }) };
}

function perChannel(...values: (number | undefined)[]): PerChannel | null {
  const [red, green, blue] = values;
  return red === undefined || green === undefined || blue === undefined ? null : [red, green, blue];
}

function unusable(runId: string, why: string): FanfleetError {
  const message = `Expected the minima and maxima of the images from the run ${runId} (\`statisticsRun\`) but ${why}.`;
  return new FanfleetError('STATISTICS_UNUSABLE', message, { source: 'user' });
}
