/**
 * Random numbers that a seed and a number decide, the same on every machine: each fuzzed input has its own sequence,
 * so any one can be made again without those before it.
 *
 * The generator is sfc32 of PractRand, seeded by the finaliser of MurmurHash3.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, number: number) {
    this.#a = mixed(seed);
    this.#b = mixed(number ^ 0x9e37_79b9);
    this.#c = mixed(this.#a ^ this.#b);
    for (let round = 0; round < 12; round += 1) this.next();
  }

  /** An integer of 32 bits, from 0. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** An integer from 0 to `end - 1`; 0 where `end` is. */
  below(end: number): number {
    return Math.floor((this.next() / 2 ** 32) * end);
  }

  /** Whether something happens that does so once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** Bytes that hurt more often than others do, or any. */
  byte(): number {
    return this.once(2)
      ? this.pick([0, 1, 2, 0x0f, 0x10, 0x3f, 0x40, 0x7f, 0x80, 0xfe, 0xff])
      : this.below(256);
  }
}

function mixed(number: number): number {
  let hash = number | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
