import type { Crossing, CurvePoint, Curves } from './curves.ts';

type ArmCurve = Pick<Curves['arms'][number], 'arm' | 'points'>;

/**
 * Where two curves cross, in time and in money. Between two sizes each curve is a straight line on logarithmic scales, since
 * both grow by powers of the number of items; where they only touch they do not cross.
 *
 * @param curves with points for the same sizes, ascending
 */
export function crossings([a, b]: readonly [ArmCurve, ArmCurve]): Crossing[] {
  return [...crossingsOf('seconds', a, b), ...crossingsOf('usd', a, b)];
}

function crossingsOf(what: 'seconds' | 'usd', a: ArmCurve, b: ArmCurve): Crossing[] {
  const found: Crossing[] = [];
  /** The last size at which the curves differ: at those in between they are equal. */
  let last: { readonly size: number; readonly gap: number } | null = null;
  for (const [index, point] of a.points.entries()) {
    const gap = gapOf(point, b.points[index], what);
    const size = Math.log(point.items);
    if (gap === 0 || gap === null) continue;
    if (last !== null && Math.sign(gap) !== Math.sign(last.gap)) {
      const at = last.size + ((size - last.size) * last.gap) / (last.gap - gap);
      const [below, above] = last.gap < 0 ? [a.arm, b.arm] : [b.arm, a.arm];
      found.push({ what, items: Math.exp(at), below, above });
    }
    last = { size, gap };
  }
  return found;
}

/** Logarithm of the first over the second; null where one of them is nothing, which has no logarithm. */
function gapOf(a: CurvePoint, b: CurvePoint | undefined, what: 'seconds' | 'usd'): number | null {
  return b === undefined || a[what] <= 0 || b[what] <= 0 ? null : Math.log(a[what] / b[what]);
}
