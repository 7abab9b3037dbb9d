import { markdownTable } from '../src/markdown-table.ts';
import { spread } from '../src/statistics/median.ts';
import { medianRatio } from '../src/statistics/median-ratio.ts';
import type { Agreement } from './agreement.ts';
import type { CaseResult, ContenderResult, Measurement } from './results.ts';

type Measured = ContenderResult & Measurement;

/** A Markdown table of a case, the fastest first, with ratios to the bound and to the best exact peer. */
export function caseTable({ contenders }: Pick<CaseResult, 'contenders'>): string {
  const measured = fastestFirst(contenders.filter((one): one is Measured => !('failure' in one)));
  const bound = measured.find(({ kind }) => kind === 'bound');
  const peer = measured.find(isExactPeer);
  const withServer = measured.some(({ serverCpuMsPerImage }) => serverCpuMsPerImage.length > 0);
  const columns: Column[] = [
    ['Contender', (one) => (one.kind === 'fanfleet' ? `**${one.name}**` : one.name)],
    ['images/s, median [min-max]', (one) => rate(one.itemsPerSecond)],
    ['CPU ms/image', (one) => milliseconds(one.cpuMsPerImage)],
    ...(withServer ? [['of the server', serverMilliseconds] as const] : []),
    ['peak MiB', ({ peakBytes }) => (peakBytes === undefined ? '' : String(Math.round(peakBytes / 2 ** 20)))],
    ['of the bound', (one) => (bound ? percent(one.itemsPerSecond, bound.itemsPerSecond) : '')],
    ['by CPU', (one) => (bound ? percent(bound.cpuMsPerImage, one.cpuMsPerImage) : '')],
    ['x best peer', (one) => (peer && one !== bound ? times(one.itemsPerSecond, peer.itemsPerSecond) : '')],
    ['results', ({ agreement }) => (agreement === undefined ? '' : agreementText(agreement))],
  ];
  const table = markdownTable(
    columns.map(([title]) => title),
    measured.map((one) => columns.map(([, cell]) => cell(one))),
  );
  const failed = contenders.flatMap((one) =>
    'failure' in one ? [`\n${one.name} could not run: ${one.failure.replaceAll('\n', ' ')}\n`] : [],
  );
  return `${table}${failed.join('')}`;
}

type Column = readonly [string, (one: Measured) => string];

function fastestFirst(measured: readonly Measured[]): Measured[] {
  const rateOf = new Map(measured.map((one) => [one, spread(one.itemsPerSecond).median]));
  return measured.toSorted((a, b) => (rateOf.get(b) ?? 0) - (rateOf.get(a) ?? 0));
}

function isExactPeer({ kind, agreement }: Measured): boolean {
  return (kind === 'tuned' || kind === 'first') && agreement?.different === 0;
}

export function agreementText({ images, different, mean, extreme }: Agreement): string {
  if (different === 0) return 'exact';
  return `${different} of ${images} differ: means by up to ${mean.toFixed(3)}, extremes by up to ${extreme}`;
}

function rate(values: readonly number[]): string {
  const { median, min, max } = spread(values);
  return `${whole(median)} [${whole(min)}-${whole(max)}]`;
}

function whole(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-GB');
}

function milliseconds(values: readonly number[]): string {
  if (values.length === 0) return '';
  const { median } = spread(values);
  return median.toFixed(median < 0.1 ? 4 : 2);
}

function serverMilliseconds({ kind, serverCpuMsPerImage }: Measured): string {
  return kind === 'bound' ? '' : milliseconds(serverCpuMsPerImage);
}

/** @param values,others by round */
function percent(values: readonly number[], others: readonly number[]): string {
  if (values.length === 0 || others.length === 0) return '';
  return `${Math.round(100 * medianRatio(values, others))} %`;
}

function times(values: readonly number[], others: readonly number[]): string {
  return medianRatio(values, others).toFixed(2);
}
