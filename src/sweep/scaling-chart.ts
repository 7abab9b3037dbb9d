import { scaleLinear } from 'd3-scale';
import { duration, percent, ratio } from '../format.ts';
import { plot } from '../report/charts/plot.ts';
import type { Markup } from '../report/markup.ts';
import type { PointFigures } from './figures.ts';

/** Colours and dashes of the engines. For a page that has the report's style. */
export const ENGINE_STYLE = `
.s-daft { --arm: #ad4209; } .s-ray { --arm: #1d5fb8; } .s-dask { --arm: #17733e; } .s-spark { --arm: #6b3fa0; } .s-grpc { --arm: #1c1f24; }
@media screen and (prefers-color-scheme: dark) { .s-daft { --arm: #f39a5e; } .s-ray { --arm: #6aaef5; } .s-dask { --arm: #6fcf97; } .s-spark { --arm: #c3a2f0; } .s-grpc { --arm: #e8eaed; } }
.line.s-daft { stroke-dasharray: 7 4; } .line.s-ray { stroke-dasharray: 3 3; } .line.s-dask { stroke-dasharray: 10 3 2 3; } .line.s-spark { stroke-dasharray: 12 4; }
`;

/** Of the width, so that the names of the engines have room beside their curves. */
const WIDTH = 0.82;

/**
 * The speedup of each engine over its workers, with the line on which one lies that scales perfectly: one for each number of
 * workers that engines begin with.
 *
 * @param points those of one workload
 */
export function scalingChart(label: string, points: readonly PointFigures[]): Markup | null {
  const scaled = points.flatMap((point) =>
    point.scaling === null || point.processing === null
      ? []
      : [{ ...point, scaling: point.scaling, processing: point.processing }],
  );
  const counts = [...new Set(scaled.map(({ workers }) => workers))].sort((a, b) => a - b);
  const [fewest, most] = [counts[0], counts.at(-1)];
  if (fewest === undefined || most === undefined || fewest === most) return null;
  const engines = [...Map.groupBy(scaled, ({ engine }) => engine)];
  const fewestOf = engines.map(([, own]) => Math.min(...own.map(({ workers }) => workers)));
  const bases = [...new Set(fewestOf)].sort((a, b) => a - b);
  const x = scaleLinear([fewest, most], [0.02, WIDTH]);
  const highest = Math.max(most / fewest, ...scaled.map(({ scaling }) => scaling.speedup));
  const y = scaleLinear([0, highest], [0, 1]).nice(4);
  const told = (one: (typeof scaled)[number]) =>
    `${one.engine}, ${one.workers}: ${ratio(one.scaling.speedup)}, efficiency ${percent(one.scaling.efficiency)}, ${duration(one.processing.median)}`;
  return plot({
    id: `speedup-${label}`,
    labels: 'beside',
    title: `${label}: speedup over workers`,
    description: `${scaled.map(told).join('; ')}.`,
    xTitle: 'workers',
    yTitle: `speedup of the processing, against ${baseText(bases)}`,
    x: counts.map((count) => ({ at: x(count), label: String(count) })),
    y: y.ticks(4).map((value) => ({ at: y(value), label: `${value}x` })),
    series: [
      ...bases
        .filter((base) => base < most)
        .map((base) => ({
          kind: 'ideal',
          label: bases.length === 1 ? 'ideal' : `ideal from ${base}`,
          dots: false,
          points: [base, most].map((count) => ({ x: x(count), y: y(count / base), text: '' })),
        })),
      ...engines.map(([engine, own]) => ({
        kind: engine,
        label: engine,
        points: own.map((one) => ({ x: x(one.workers), y: y(one.scaling.speedup), text: told(one) })),
      })),
    ],
  });
}

/** What the speedups are against: engines may begin with other worker counts. */
function baseText([base, ...others]: readonly number[]): string {
  if (others.length > 0) return 'the fewest workers of each engine';
  return base === 1 ? 'one worker' : `${base} workers`;
}
