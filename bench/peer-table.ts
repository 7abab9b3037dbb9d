import { markdownTable } from '../src/markdown-table.ts';
import { median, spread } from '../src/statistics/median.ts';
import { medianRatio } from '../src/statistics/median-ratio.ts';
import { type Failed, failedLines, isTimed, type Timed } from './side-by-side.ts';

/** How a table speaks of what was done. */
export type PeerWords = {
  /** What the times are of: `query`. */
  readonly unit: string;
  /** What is said of so many wrong results. */
  readonly wrong: (count: number) => string;
};

/**
 * The quickest first. Times beside a peer are those of CPU, for others may want the same core.
 *
 * @param results with the number of results that are others than the exact ones
 */
export function peerTable(
  results: readonly (Timed<number> | Failed)[],
  peers: readonly string[],
  { unit, wrong }: PeerWords,
): string {
  const sorted = results
    .filter(isTimed)
    .map(({ cpu, wall, results: count, ...one }) => {
      const eachMs = (seconds: readonly number[]) => seconds.map((pass) => (1000 * pass) / count);
      return { ...one, cpuMs: eachMs(cpu), wallMs: eachMs(wall) };
    })
    .toSorted((a, b) => median(a.cpuMs) - median(b.cpuMs));
  const bestOf = peers.map((peer) => sorted.find(({ name }) => name.startsWith(peer)));
  const table = markdownTable(
    [
      'Contender',
      `CPU ms/${unit}, median [min-max]`,
      `ms/${unit}`,
      ...peers.map((peer) => `x ${peer}`),
      'results',
    ],
    sorted.map((result) => [
      result.kind === 'fanfleet' ? `**${result.name}**` : result.name,
      figures(result.cpuMs),
      figures(result.wallMs),
      ...bestOf.map((peer) => (peer === undefined ? '' : medianRatio(peer.cpuMs, result.cpuMs).toFixed(2))),
      result.answer === 0 ? 'exact' : wrong(result.answer),
    ]),
  );
  return `${table}${failedLines(results)}`;
}

function figures(values: readonly number[]): string {
  const { median, min, max } = spread(values);
  const [middle, least, most] = [median, min, max].map((value) => value.toPrecision(3));
  return `${middle} [${least}-${most}]`;
}
