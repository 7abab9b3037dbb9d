/** Where the bytes of a file are in its tar. */
export type Place<Refusal extends string = string> = {
  readonly offset: number;
  readonly size: number;
  /** Why they cannot be read as they lie there. */
  readonly refused?: Refusal | undefined;
};

/** Files of a tar that a hard link may lead to: some 20 MB of names. */
const MOST_FILES = 100_000;

/** The files of a tar so far, by name, as tar itself takes names: `./a//b` and `/a/b` are `a/b`. The oldest are forgotten. */
export class LinkTargets<Refusal extends string> {
  readonly #places = new Map<string, Place<Refusal>>();

  /** A later file of the same name takes the place of an earlier one. */
  set(name: Buffer, place: Place<Refusal>): void {
    const key = canonical(name);
    this.#places.delete(key);
    this.#places.set(key, place);
    if (this.#places.size <= MOST_FILES) return;
    const [oldest] = this.#places.keys();
    if (oldest !== undefined) this.#places.delete(oldest);
  }

  /** What is of this name now is no file. */
  delete(name: Buffer): void {
    this.#places.delete(canonical(name));
  }

  find(name: Buffer): Place<Refusal> | undefined {
    return this.#places.get(canonical(name));
  }
}

function canonical(name: Buffer): string {
  // One unit for each byte: names need not be UTF-8.
  const text = name.toString('latin1');
  if (!/^[./]|\/[./]/.test(text)) return text;
  return text
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}
