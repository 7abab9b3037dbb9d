import { duration, memory, percent, plural, printable, ratio, shortDigest, UNKNOWN } from '../format.ts';
import { kernelsText } from '../kernels-text.ts';
import { howToHaveOne } from '../report/how-to-have-one.ts';
import type { Spread } from '../statistics/median.ts';
import { workloadLabel } from '../workloads/text.ts';
import type { PointFigures, SweepFigures } from './figures.ts';
import type { NodeFigures } from './nodes.ts';
import { pointName } from './point.ts';

// What both pages of a sweep say, Markdown and HTML.

export type Column<T> = readonly [title: string, cell: (of: T) => string];

export const COLUMNS: readonly Column<PointFigures>[] = [
  ['workload', ({ workload }) => workloadLabel(workload)],
  ['engine', ({ engine }) => engine],
  ['workers', ({ workers }) => String(workers)],
  ['kernel', ({ kernels }) => kernels.join(', ') || UNKNOWN],
  ['runs', ({ succeeded, rounds }) => `${succeeded} of ${rounds}`],
  ['arm', ({ arm }) => range(arm, duration)],
  ['boot', ({ boot }) => range(boot, duration)],
  ['engine start', ({ engineStart }) => range(engineStart, duration)],
  ['processing', ({ processing }) => range(processing, duration)],
  ['speedup', ({ scaling }) => ratio(scaling?.speedup ?? null)],
  ['efficiency', ({ scaling }) => decimal(scaling?.efficiency)],
  ['serial fraction', ({ scaling }) => decimal(scaling?.serialFraction)],
  ['utilisation', ({ utilisation }) => range(utilisation, percent)],
  ['worker CPU', ({ workerUse }) => range(workerUse.cpu, percent)],
  ['worker memory', ({ workerUse }) => range(workerUse.memory, memory)],
  ['worker states', ({ workerUse }) => several(workerUse.states)],
  ['digest', ({ digest, succeeded }) => (digest === null && succeeded > 0 ? 'several' : shortDigest(digest))],
];

/** A node of a point, as the table of the nodes has it. */
export interface NodeOfPoint {
  readonly point: PointFigures;
  readonly node: NodeFigures;
}

export const NODE_COLUMNS: readonly Column<NodeOfPoint>[] = [
  ['workload', ({ point }) => workloadLabel(point.workload)],
  ['engine', ({ point }) => point.engine],
  ['workers', ({ point }) => String(point.workers)],
  ['node', ({ node }) => node.name],
  ['CPU, mean', ({ node }) => range(node.cpuMean, percent)],
  ['CPU, peak', ({ node }) => range(node.cpuPeak, percent)],
  ['peak memory', ({ node }) => range(node.memoryPeakBytes, memory)],
  ['of memory', ({ node }) => memory(node.memoryLimitBytes)],
  ['states', ({ node }) => several(node.states)],
];

/** More nodes than this are not shown of a point. */
const MOST_NODES = 17;

export function nodesOfPoints(points: readonly PointFigures[]): NodeOfPoint[] {
  return points.flatMap((point) => point.nodes.slice(0, MOST_NODES).map((node) => ({ point, node })));
}

/** How the columns of the nodes are to be read, and whether there are more of them. */
export function nodeNote(points: readonly PointFigures[]): string {
  const dropped = points.reduce((sum, { nodes }) => sum + Math.max(0, nodes.length - MOST_NODES), 0);
  const note =
    'What each host used of its own processors and memory while the engine ran, measured on it once a second; states are those that the engine told, in order of time.';
  return dropped === 0 ? note : `${note} Not shown: ${plural(dropped, 'node')}; sweep.json has them.`;
}

/** How the columns are to be read. */
export const NOTE =
  'Medians over the rounds [min-max]. Speedup, efficiency and serial fraction (Karp-Flatt) are those of the processing, against the fewest workers of the same engine and workload, where one kernel measured both. Utilisation: CPU time of the batches over the processors of the workers x processing time. Worker CPU: the mean over the hosts of the workers while the engine ran, all their processes together; worker memory: the peak of the one that held the most; worker states: what the engine said of them last.';

/** Whether the answers of each workload are one. */
export function agreementText({ agreements }: SweepFigures): string {
  const said = agreements.map(({ workload, equal, digests }) => {
    if (equal === null) return `${workload}: nothing was measured`;
    if (equal) return `${workload}: all digests are equal (${shortDigest(digests[0] ?? null)})`;
    return `${workload}: THE DIGESTS DIFFER (${digests.map(shortDigest).join(', ')})`;
  });
  return `${said.join('; ')}.`;
}

/** Whether one program measured all points of each workload. */
export function kernelText(figures: SweepFigures): string {
  const said = figures.agreements.flatMap(({ workload, oneKernel }) => {
    if (oneKernel === null) return [];
    if (!oneKernel) return `${workload}: DIFFERENT KERNELS (${kernelsOf(figures, workload)})`;
    return `${workload}: every point measured with ${kernelsOf(figures, workload)}`;
  });
  if (said.length === 0) return 'No point says with which kernel it measured.';
  const differ = figures.agreements.some(({ oneKernel }) => oneKernel === false);
  const meaning =
    'Different kernels are different programs, so that points of one are not ranked with those of another';
  const remedy = howToHaveOne(figures.points.flatMap(({ kernels }) => kernels));
  return differ ? `${said.join('; ')}. ${meaning}. ${remedy}` : `${said.join('; ')}.`;
}

/** What the points of a workload measured with: the kernel, or each one with its engines. */
export function kernelsOf({ points }: SweepFigures, label: string): string {
  const measured = points.filter(
    (point) => workloadLabel(point.workload) === label && point.kernels.length > 0,
  );
  const byKernel = Map.groupBy(measured, ({ kernels }) => kernelsText(kernels));
  const [only, ...others] = byKernel.keys();
  if (only !== undefined && others.length === 0) return only;
  return [...byKernel]
    .map(([kernel, own]) => `${[...new Set(own.map(({ engine }) => engine))].join(', ')} with ${kernel}`)
    .join('; ');
}

/** Whether every worker had processors of its own. */
export function processorsText({ processors: of, fits }: SweepFigures): string {
  if (of === null) return 'No host said how many processors it had.';
  if (of.machine === null) return 'Every host is a machine of its own.';
  const sum = `The hosts of the largest fleet may use ${Number(of.all.toFixed(2))} processors together, and this machine has ${of.machine}`;
  return fits
    ? `${sum}: every worker had its own share, and the local AWS at least ${Number((of.machine - of.all).toFixed(2))}. Where that is little, fast engines wait for it.`
    : `WARNING: ${sum}. They slow each other down, so speedup and efficiency are no measure of the engines.`;
}

/** Each failed run, in a line. */
export function failedRuns({ points }: SweepFigures): string[] {
  return points.flatMap((point) =>
    point.errors.map(({ round, code, message }) => {
      const text = message.replaceAll(/\s+/g, ' ').trim();
      // Our own messages begin with their code.
      const said = text.startsWith(`[${code}] `) ? text : `${code}: ${text}`;
      return `${pointName(point)}, round ${round + 1}: ${printable(said)}`;
    }),
  );
}

/** The median, and how far the runs went. */
export function range(of: Spread | null, text: (value: number) => string): string {
  if (of === null) return UNKNOWN;
  if (of.min === of.max) return text(of.median);
  return `${text(of.median)} [${text(of.min)}-${text(of.max)}]`;
}

function several(texts: readonly string[]): string {
  return texts.join('; or ') || UNKNOWN;
}

function decimal(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : value.toFixed(2);
}
