/** How sharp comes to where it is loaded from, in a program that does not have it from the start. */
let bring: () => Promise<void> = async () => {};

/** @param how called before sharp is loaded; where it fails the batch fails, and is done again */
export function bringSharpBy(how: () => Promise<void>): void {
  bring = how;
}

export function sharpBrought(): Promise<void> {
  return bring();
}
