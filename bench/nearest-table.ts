import { median, spread } from '../src/statistics/median.ts';
import type { ContenderKind } from './contender.ts';
import { medianRatio } from './median-ratio.ts';
import { markdownTable } from './table.ts';

/** What a contender took in each round, in ms per query. */
export type NearestResult = {
  readonly name: string;
  readonly kind: ContenderKind;
  readonly cpuMs: readonly number[];
  readonly wallMs: readonly number[];
  /** Queries whose nearest were others than the exact ones. */
  readonly wrong: number;
};

/** The quickest first. Times beside a peer are those of CPU, for others may want the same core. */
export function nearestTable(results: readonly NearestResult[], peers: readonly string[]): string {
  const sorted = results.toSorted((a, b) => median(a.cpuMs) - median(b.cpuMs));
  const bestOf = peers.map((peer) => sorted.find(({ name }) => name.startsWith(peer)));
  return markdownTable(
    [
      'Contender',
      'CPU ms/query, median [min-max]',
      'ms/query',
      ...peers.map((peer) => `x ${peer}`),
      'results',
    ],
    sorted.map(({ name, kind, cpuMs, wallMs, wrong }) => [
      kind === 'fanfleet' ? `**${name}**` : name,
      figures(cpuMs),
      figures(wallMs),
      ...bestOf.map((peer) => (peer === undefined ? '' : medianRatio(peer.cpuMs, cpuMs).toFixed(2))),
      wrong === 0 ? 'exact' : `${wrong} queries with others`,
    ]),
  );
}

function figures(values: readonly number[]): string {
  const { median, min, max } = spread(values);
  const [middle, least, most] = [median, min, max].map((value) => value.toPrecision(3));
  return `${middle} [${least}-${most}]`;
}
