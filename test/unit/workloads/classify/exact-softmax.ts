/** Digits behind the point of the fixed-point numbers here, all of them big integers. */
const ONE = 10n ** 60n;

/** Millionths of the softmax of each of these, as fractions of big integers, by nothing that the source uses. */
export function exactSoftmax(values: readonly number[]): (index: number) => { floor: bigint; rest: number } {
  const fixed = values.map(fixedOf);
  const [most = 0n] = fixed.toSorted((a, b) => (a < b ? 1 : -1));
  const parts = fixed.map((value) => expOf(value - most));
  const sum = parts.reduce((a, b) => a + b, 0n);
  return (index) => {
    const scaled = (parts[index] ?? 0n) * 1_000_000n;
    const floor = scaled / sum;
    return { floor, rest: Number(((scaled - floor * sum) * 10n ** 12n) / sum) / 1e12 };
  };
}

/** A double to 60 digits behind the point. */
function fixedOf(value: number): bigint {
  let exponent = 0;
  let whole = value;
  while (!Number.isInteger(whole)) {
    whole *= 2;
    exponent += 1;
  }
  return (BigInt(whole) * ONE) / 2n ** BigInt(exponent);
}

/** e^x of x to 0, by the series of e^(x / 1024) multiplied with itself. */
function expOf(x: bigint): bigint {
  if (x < -200n * ONE) return 0n;
  const small = x / 1024n;
  let [term, sum] = [ONE, 0n];
  for (let k = 1n; term !== 0n; k += 1n) {
    sum += term;
    term = (term * small) / (ONE * k);
  }
  for (let squared = 0; squared < 10; squared += 1) sum = (sum * sum) / ONE;
  return sum;
}
