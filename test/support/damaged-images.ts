import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES = [
  ...['rgb-420.jpg', 'rgb-444.jpg', 'progressive.jpg', 'progressive-grey.jpg', 'restart.jpg', 'grey.jpg'],
  ...['static.gif', 'transparent.gif', 'lossy.webp', 'lossy-alpha.webp', 'lossless.webp', 'animated.webp'],
  ...['rgb.tif', 'rgb-lzw.tif', 'rgb-deflate.tif', 'strips.tif', 'palette.tif', 'palette.png', 'rgba.png'],
];

/** Write copies of odd images that are damaged at random places, in every run the same. */
export function writeDamaged(odd: string, target: string): void {
  const random = generator(20_261_121);
  for (const name of FILES) {
    const whole = readFileSync(join(odd, name));
    const copies = name.endsWith('.jpg') ? 50 : 15;
    for (let copy = 0; copy < copies; copy += 1) {
      writeFileSync(join(target, `${copy}-${name}`), damage(whole, copy, random));
    }
  }
}

/** Change, flip, drop or insert bytes at one to five places. */
function damage(whole: Buffer, kind: number, random: (below: number) => number): Buffer {
  let data = Buffer.from(whole);
  for (let times = random(5); times >= 0; times -= 1) {
    const at = 2 + random(data.length - 3);
    if (kind % 4 === 0) data[at] = random(256);
    else if (kind % 4 === 1) data[at] = (data[at] ?? 0) ^ (1 << random(8));
    else if (kind % 4 === 2) data = Buffer.concat([data.subarray(0, at), data.subarray(at + 1 + random(20))]);
    else data = Buffer.concat([data.subarray(0, at), Buffer.of(random(256), random(256)), data.subarray(at)]);
  }
  return data;
}

/** A linear congruential generator (the constants of Numerical Recipes), so that every run damages alike. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
