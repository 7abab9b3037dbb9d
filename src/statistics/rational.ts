/**
 * a / b as the nearest double: the quotient is computed to more bits than a double has, with the last bit set where
 * something is left over, so that the one rounding (to nearest, ties to even) is that of `Number`.
 *
 * @param a at least 0
 * @param b at least 1
 */
export function ratioToDouble(a: bigint, b: bigint): number {
  const shift = bits(b) + EXTRA_BITS - bits(a);
  const scaled = shift > 0 ? a << BigInt(shift) : a;
  const quotient = scaled / b;
  return toDouble(quotient, quotient * b === scaled, shift);
}

/** sqrt(a) / b as the nearest double, for the same a and b. */
export function rootRatioToDouble(a: bigint, b: bigint): number {
  const shift = bits(b) + EXTRA_BITS - Math.floor(bits(a) / 2);
  const scaled = shift > 0 ? a << BigInt(2 * shift) : a;
  const root = integerRoot(scaled);
  const quotient = root / b;
  return toDouble(quotient, root * root === scaled && quotient * b === root, shift);
}

/** A double has 53 bits, rounding takes two more; the lengths of the numbers are known to within 4. */
const EXTRA_BITS = 64;

function toDouble(quotient: bigint, isExact: boolean, shift: number): number {
  return Number(isExact ? quotient : quotient | 1n) / 2 ** Math.max(0, shift);
}

/** The length of a number, rounded up to whole hexadecimal digits. */
function bits(value: bigint): number {
  return 4 * value.toString(16).length;
}

/** floor(sqrt(value)), by Newton's method from above. */
function integerRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(bits(value) / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
