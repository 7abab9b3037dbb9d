import { FanfleetError } from '../../src/errors.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { statisticsIn } from '../../src/workloads/answers.ts';
import type { StatisticsAnswer } from '../../src/workloads/statistics/answer.ts';
import { type Constants, constantsNote } from '../../src/workloads/statistics/constants.ts';
import type { Outliers } from '../../src/workloads/statistics/outliers.ts';
import { countsOf, percentilesOf } from '../../src/workloads/statistics/statistics.ts';
import { workloadText } from '../../src/workloads/text.ts';
import { type Context, connect } from '../context.ts';
import { textTable } from '../text-table.ts';
import { fetchReport, latest } from './report.ts';

type Dataset = NonNullable<StatisticsAnswer['dataset']>;

/**
 * The statistics of a run's dataset as normalisation constants, ready to be pasted.
 *
 * @param percents percentiles instead of those of the summary, 0 to 100
 * @throws FanfleetError `NO_STATISTICS` or `NO_HISTOGRAM` where the run's workload does not give them
 */
export async function constantsCommand(
  context: Context,
  runId: string | undefined,
  percents: readonly number[] | undefined,
) {
  const { answer, request, ...summary } = await summaryOf(context, runId);
  const run = `the run ${summary.runId} with the workload \`${workloadText(request.workload)}\``;
  const { dataset = null, constants = null } = statisticsIn(answer) ?? {};
  if (dataset === null || constants === null) {
    const message = `Expected mean and standard deviation but ${run} has none: run \`stats\` or \`histogram\`.`;
    throw new FanfleetError('NO_STATISTICS', message, { source: 'user' });
  }
  const hasCounts = countsOf(dataset, 0) !== null;
  if (percents !== undefined && !hasCounts) {
    const message = `Expected a histogram for percentiles but ${run} has none: run \`histogram\`.`;
    throw new FanfleetError('NO_HISTOGRAM', message, { source: 'user' });
  }
  const channels = dataset.channels.map((channel, index) => {
    const own = percents === undefined ? null : countsOf(dataset, index);
    return percents === undefined || own === null
      ? channel
      : { ...channel, percentiles: percentilesOf(own, percents) };
  });
  const note = constantsNote(dataset);
  if (note !== null) context.io.note(note);
  const { images, exact } = dataset;
  const json = { runId: summary.runId, images, pixels: exact.pixels, channels, constants, note };
  return { json, text: constantsText(constants, channels, note) };
}

/** Python that can be pasted as it is. */
function constantsText(constants: Constants, channels: Dataset['channels'], note: string | null): string {
  return [
    ...(note === null ? [] : [`# ${note}`]),
    '# torchvision, for tensors of 0 to 1',
    constants.torchvision,
    '# Keras, for pixels of 0 to 255',
    constants.keras,
    '# Albumentations, for pixels of 0 to 255',
    constants.albumentations,
    ...percentileLines(channels),
  ].join('\n');
}

function percentileLines(channels: Dataset['channels']): string[] {
  const percents = channels[0]?.percentiles?.map(({ percent }) => percent);
  if (percents === undefined) return [];
  const columns = percents.map((percent) => ({ title: `p${percent}`, align: 'right' as const }));
  const rows = channels.map(({ channel, percentiles }) => [
    channel,
    ...(percentiles ?? []).map(({ level }) => String(Number(level.toFixed(2)))),
  ]);
  const table = textTable([{ title: '', align: 'left' }, ...columns], rows);
  return ['# percentiles of 0 to 255', ...table.map((line) => `# ${line}`)];
}

/**
 * The images of a run that stand out of its dataset, and those that failed.
 *
 * @throws FanfleetError `NO_STATISTICS` where the run measured no image, or gives something else
 */
export async function outliersCommand(context: Context, runId: string | undefined) {
  const { answer, failures, ...summary } = await summaryOf(context, runId);
  const { outliers = null } = statisticsIn(answer) ?? {};
  if (outliers === null) {
    const why =
      answer === null || answer.kind === 'statistics'
        ? 'measured no image'
        : `has the workload ${answer.kind}: run \`stats\` over its images`;
    const message = `Expected outliers but the run ${summary.runId} ${why}.`;
    throw new FanfleetError('NO_STATISTICS', message, { source: 'user' });
  }
  const text = [...meanLines(outliers.means), ...constantLines(outliers), ...failureLines(failures)];
  return { json: { runId: summary.runId, outliers, failures: failures.codes }, text: text.join('\n') };
}

function meanLines(means: Outliers['means']): string[] {
  if (means === null) return ['The workload of this run gives no means.'];
  const counts = means.channels.map(
    ({ channel, low, high, below, above }) =>
      `${channel} means outside of ${low.toFixed(2)} to ${high.toFixed(2)}: ${below} below, ${above} above`,
  );
  if (means.farthest.length === 0) return counts;
  const table = textTable(
    [
      { title: 'farthest', align: 'left' },
      { title: 'channel', align: 'left' },
      { title: 'mean', align: 'right' },
      { title: 'ranges', align: 'right' },
    ],
    means.farthest.map(({ key, channel, mean, ranges }) => [
      key,
      channel,
      mean.toFixed(2),
      ranges.toFixed(1),
    ]),
  );
  return [...counts, ...table];
}

function constantLines({ constant }: Outliers): string[] {
  if (constant === null) return [];
  return [`images of one colour: ${constant.count}`, ...constant.examples.map((key) => `  ${key}`)];
}

function failureLines({ codes }: Summary['failures']): string[] {
  return codes.flatMap(({ code, count, examples }) => [
    `failed with ${code}: ${count}`,
    ...examples.map((key) => `  ${key}`),
  ]);
}

async function summaryOf(context: Context, runId: string | undefined): Promise<Summary> {
  const aws = await connect(context);
  const { summary } = await fetchReport(context, aws, runId ?? (await latest(aws)));
  return summary;
}
