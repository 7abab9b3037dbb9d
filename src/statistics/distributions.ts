/**
 * The standard normal distribution below `x`: formula 7.1.26 of Abramowitz and Stegun, "Handbook of Mathematical
 * Functions" (1964), which is off by less than 1.5e-7.
 */
export function normalBelow(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const polynomial =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const beyond = (polynomial * Math.exp((-x * x) / 2)) / 2;
  return x < 0 ? beyond : 1 - beyond;
}

/**
 * Student's t distribution between `-t` and `t`, by the finite sums for whole degrees of freedom: 26.7.3 and 26.7.4 of
 * Abramowitz and Stegun.
 */
export function studentWithin(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = odd && degrees === 1 ? 0 : term;
  for (let i = odd ? 3 : 2; i < degrees; i += 2) {
    term *= (cosine * cosine * (i - 1)) / i;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}

/**
 * The `t` between which and `-t` lies `part` of Student's distribution: 2.447 for 0.95 and 6 degrees of freedom.
 *
 * @param part from 0 to below 1
 * @param degrees of freedom, whole and at least 1
 */
export function studentQuantile(part: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (studentWithin(high, degrees) < part) high *= 2;
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (studentWithin(middle, degrees) < part) low = middle;
    else high = middle;
  }
  return high;
}
