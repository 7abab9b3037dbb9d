import fc from 'fast-check';
import type { Centre } from '../../../../src/kernel/centres.ts';
import type { State } from '../../../../src/workloads/kmeans/state.ts';
import type { BatchSums } from '../../../../src/workloads/kmeans/sums.ts';

/** Images of 1 x 1 pixels: three values each. */
export type Image = readonly [number, number, number];
const [WIDTH, HEIGHT] = [1, 1];

export const image: fc.Arbitrary<Image> = fc.oneof(
  fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)),
  // Few that differ: equal ones, and centres as far as each other.
  fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2)),
);

/** A centre that may be far from any image, of up to 2^31 of these. */
export const centre: fc.Arbitrary<Centre> = fc
  .oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 2 ** 31 }))
  .chain((count) =>
    fc
      .array(fc.integer({ min: 0, max: 255 * count }), { minLength: 3, maxLength: 3 })
      .map((sum) => ({ count, sum })),
  );

export const stateOf = (centres: readonly Centre[]): State => ({
  ...{ width: WIDTH, height: HEIGHT, centres },
  ...{ sizes: null, inertia: null },
});

/** The squared distance as a fraction, by its parts: the numerator over the square of the count. */
function distance(image: Image, { count, sum }: Centre): bigint {
  return image.reduce((total, value, at) => {
    return total + (BigInt(value) * BigInt(count) - BigInt(sum[at] ?? 0)) ** 2n;
  }, 0n);
}

/** The cluster of each image, by fractions of big integers. */
export function assigned(images: readonly Image[], centres: readonly Centre[]): number[] {
  return images.map((image) => {
    let best = 0;
    for (let other = 1; other < centres.length; other += 1) {
      const [a, b] = [centres[other] as Centre, centres[best] as Centre];
      if (distance(image, a) * BigInt(b.count) ** 2n < distance(image, b) * BigInt(a.count) ** 2n)
        best = other;
    }
    return best;
  });
}

/** What the worker of a batch leaves. */
export function sumsOf(images: readonly Image[], centres: readonly Centre[]): BatchSums {
  const clusters = assigned(images, centres);
  const of = centres.map((_, cluster) => images.filter((_, n) => clusters[n] === cluster));
  const add = (a: number, b: number) => a + b;
  return {
    counts: of.map((own) => own.length),
    squares: of.map((own) => own.flatMap((image) => image.map((value) => value ** 2)).reduce(add, 0)),
    sums: of.map((own) => [0, 1, 2].map((at) => own.map((image) => image[at] ?? 0).reduce(add, 0))),
  };
}

/** Millionths of the inertia, rounded half up, image by image. */
export function inertiaOf(images: readonly Image[], centres: readonly Centre[]): bigint {
  let [numerator, denominator] = [0n, 1n];
  for (const [n, cluster] of assigned(images, centres).entries()) {
    const own = centres[cluster] as Centre;
    const square = BigInt(own.count) ** 2n;
    numerator = numerator * square + distance(images[n] as Image, own) * denominator;
    denominator *= square;
  }
  const millionths = numerator * 1_000_000n;
  const floor = millionths / denominator;
  return 2n * (millionths - floor * denominator) >= denominator ? floor + 1n : floor;
}
