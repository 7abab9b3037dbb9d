const BARS = '▁▂▃▄▅▆▇█';
/** A night without a figure. */
const GAP = '·';

/** Figures as one character each, the least to the highest, so that a line of a terminal shows their course. */
export function sparkline(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  const least = Math.min(...known);
  const range = Math.max(...known) - least;
  return values
    .map((value) => {
      if (value === null) return GAP;
      // Where all are equal they are in the middle.
      const part = range === 0 ? 0.5 : (value - least) / range;
      return BARS[Math.min(BARS.length - 1, Math.floor(part * BARS.length))];
    })
    .join('');
}
