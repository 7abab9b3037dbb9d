import type { Random } from './random.ts';

/** Change the bytes of a file, whatever they mean. `other` gives one of another file to splice in. */
export function mutateBytes(whole: Buffer, random: Random, other: () => Buffer): Buffer {
  const at = random.below(whole.length);
  const count = Math.min(whole.length - at, 1 + random.below(random.once(8) ? 400 : 12));
  switch (random.below(7)) {
    case 0:
      return replaced(whole, at, 1, Buffer.of((whole[at] ?? 0) ^ (1 << random.below(8))));
    case 1:
      return replaced(whole, at, count, bytes(count, random));
    case 2:
      return replaced(whole, at, count, Buffer.alloc(count, random.byte()));
    case 3:
      return replaced(whole, at, count, Buffer.alloc(0));
    case 4:
      return replaced(whole, at, 0, bytes(count, random));
    case 5:
      return whole.subarray(0, at);
    default: {
      const donor = other();
      const from = random.below(donor.length);
      return replaced(whole, at, random.below(whole.length - at), donor.subarray(from));
    }
  }
}

/** The file with `count` bytes at a place replaced by others. */
export function replaced(whole: Buffer, at: number, count: number, by: Uint8Array): Buffer {
  return Buffer.concat([whole.subarray(0, at), by, whole.subarray(at + count)]);
}

export function bytes(count: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.byte()));
}

/** A list with one element changed, left out, doubled or moved: what a file is whose parts are in disorder. */
export function disordered<T>(parts: readonly T[], random: Random): T[] {
  const list = [...parts];
  const at = random.below(list.length);
  const [part] = list.splice(at, 1);
  if (part === undefined) return list;
  const kind = random.below(3);
  if (kind === 1) list.splice(at, 0, ...Array<T>(2 + (random.once(20) ? random.below(200) : 0)).fill(part));
  if (kind === 2) list.splice(random.below(list.length + 1), 0, part);
  return list;
}
