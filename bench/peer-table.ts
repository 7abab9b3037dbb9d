import { median, spread } from '../src/statistics/median.ts';
import { medianRatio } from './median-ratio.ts';
import type { PeerResult } from './peer-rounds.ts';
import { markdownTable } from './table.ts';

/** How a table speaks of what was done. */
export type PeerWords = {
  /** What the times are of: `query`. */
  readonly unit: string;
  /** What is said of so many wrong results. */
  readonly wrong: (count: number) => string;
};

/** The quickest first. Times beside a peer are those of CPU, for others may want the same core. */
export function peerTable(
  results: readonly PeerResult[],
  peers: readonly string[],
  { unit, wrong }: PeerWords,
): string {
  const sorted = results.toSorted((a, b) => median(a.cpuMs) - median(b.cpuMs));
  const bestOf = peers.map((peer) => sorted.find(({ name }) => name.startsWith(peer)));
  return markdownTable(
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
      result.wrong === 0 ? 'exact' : wrong(result.wrong),
    ]),
  );
}

function figures(values: readonly number[]): string {
  const { median, min, max } = spread(values);
  const [middle, least, most] = [median, min, max].map((value) => value.toPrecision(3));
  return `${middle} [${least}-${most}]`;
}
