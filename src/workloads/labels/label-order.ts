const INTEGER = /^-?\d+$/;

/** These labels, each once, in their order: by number if all are decimal integers, else by code unit. */
export function inLabelOrder(labels: Iterable<string>): string[] {
  const distinct = [...new Set(labels)];
  return distinct.every((label) => INTEGER.test(label)) ? distinct.sort(byNumber) : distinct.sort(byCodeUnit);
}

/** Those of one number, such as 7 and 07, by code unit. */
function byNumber(a: string, b: string): number {
  const difference = BigInt(a) - BigInt(b);
  return difference === 0n ? byCodeUnit(a, b) : difference < 0n ? -1 : 1;
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
