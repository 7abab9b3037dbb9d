import { area, curveStepAfter } from 'd3-shape';
import { type Fragment, html, type Markup } from '../markup.ts';
import { type Described, picture, stretched } from './picture.ts';

const HEIGHT = 48;
const TOP = 2;
const PIXELS = HEIGHT - 2 * TOP;

/**
 * A share over time, whose full height is all of it. Gaps are times without a sample, and not 0.
 *
 * @param fractions of equal pieces of the time, 0 to 1
 */
export function shareOverTime(
  described: Described,
  kind: 'cpu' | 'memory',
  fractions: readonly (number | null)[],
): Markup {
  const known = (part: number | null | undefined) => part !== null && part !== undefined;
  // A step ends where the next begins, so each piece of known values needs one more point: its last value again.
  const ends = [...fractions, null].map((part, i) => (known(part) ? part : (fractions[i - 1] ?? null)));
  const shape = area<number | null>()
    .x((_, i) => i)
    .y0(100)
    .y1((part) => 100 - 100 * Math.min(1, part ?? 0))
    .defined((part, i) => known(part) || known(fractions[i - 1]))
    .curve(curveStepAfter)
    .digits(1);
  const body: Fragment = html`<path class="use-${kind}" d="${shape(ends) ?? ''}"/>`;
  return picture(described, HEIGHT, [
    [TOP, TOP + PIXELS].map((y) => html`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}"/>`),
    stretched({ top: TOP, width: Math.max(1, fractions.length), height: 100, pixels: PIXELS }, body),
  ]);
}
