import { markdownTable } from '../src/markdown-table.ts';
import type { Spread } from '../src/statistics/median.ts';
import type { Environment } from './environment.ts';
import type { BenchResults, CaseResult, StartResult } from './results.ts';
import { caseTable } from './table.ts';

const SOURCE_TEXT = {
  memory: 'from memory',
  files: 'from files',
  loose: 'over S3',
  shards: 'over S3, tar shards',
};
const TASK_TEXT = { statistics: 'statistics', jpeg: 'normalised to JPEG', png: 'normalised to PNG' };

/** Everything that a run of the bench found, as Markdown. */
export function markdownReport({ command, environment, cases, starts }: BenchResults): string {
  return [
    `\`${command}\`, ${environmentText(environment)}\n`,
    ...cases.map((result) => `### ${caseTitle(result)}\n\n${caseTable(result)}`),
    ...(starts.length > 0 ? [`### Start\n\n${startTable(starts)}`] : []),
  ].join('\n');
}

function caseTitle({ group, set, source, task, threads }: CaseResult): string {
  const kilobytes = set.bytes / set.images / 1000;
  const size = `${set.images} images of ${kilobytes < 1 ? kilobytes.toFixed(1) : Math.round(kilobytes)} KB`;
  const cores = `${threads} ${threads === 1 ? 'core' : 'cores'}`;
  return `${set.title}, ${SOURCE_TEXT[source]}, ${TASK_TEXT[task]} (${group}: ${size}, ${cores})`;
}

function environmentText(environment: Environment): string {
  const { date, commit, processor, cores, memoryBytes, system, governor, loadBefore, versions } = environment;
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB`;
  const frequency = governor === undefined ? 'frequency governor not told' : `governor ${governor}`;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return (
    `${date}, commit ${commit}. ${processor}, ${cores} cores, ${memory}, ${system}, ${frequency}; load before ` +
    `${loadBefore.toFixed(2)}. ${software.join(', ')}.`
  );
}

function startTable(starts: readonly StartResult[]): string {
  const [bare] = starts;
  return markdownTable(
    [
      'Program',
      'ms, median [min-max]',
      'over bare Node',
      'CPU ms, median [min-max]',
      'over bare Node',
      'zip',
    ],
    starts.map(({ name, milliseconds, cpuMs, zipBytes }) => [
      name,
      ...spreadCells(milliseconds, bare?.milliseconds),
      ...spreadCells(cpuMs, bare?.cpuMs),
      zipBytes === undefined ? '' : `${(zipBytes / 1e6).toFixed(2)} MB`,
    ]),
  );
}

/** With what it is over the first one, which has none. */
function spreadCells(found: Spread, bare = found): string[] {
  const { median, min, max } = found;
  const text = `${median.toFixed(1)} [${min.toFixed(1)}-${max.toFixed(1)}]`;
  return [text, found === bare ? '' : `+${(median - bare.median).toFixed(1)} ms`];
}
