import type { Held, ProcessBytes } from './expect-room.ts';

const MIB = 1024 * 1024;
/** What Node has of buffers that nobody wants any more, before it frees them. */
const GARBAGE_BYTES = 64 * MIB;
/** The portable kernel of Node has threads with memory of their own, into which images and centres are copied. */
const PORTABLE_COPIES = 2;
/**
 * Of each value of the centres, as measured (docs/kmeans.md): in Node the texts and the numbers of two states, with what the kernel
 * makes of them, and what a batch adds up to; in Python all of it.
 */
const STATE_BYTES = 192;
const SUM_BYTES = 64;
const PYTHON_BYTES = 128;

export interface KmeansSizes {
  /** Of the largest batch. */
  readonly images: number;
  readonly width: number;
  readonly height: number;
  readonly k: number;
}

/** What workers of a run of `kmeans` hold: the pixels of the batches that they do, centres, and sums. */
export function heldOfKmeans({ images, width, height, k }: KmeansSizes): Held {
  const imageBytes = width * height * 3;
  const values = k * imageBytes;
  const bytesOf = (shared: number, sums: number, image: number): ProcessBytes => ({
    shared,
    perBatch: sums + images * image,
    less: (room) => lessText(Math.floor((room - sums) / image)),
  });
  const inNode = (copies: number) =>
    bytesOf(GARBAGE_BYTES + copies * STATE_BYTES * values, copies * SUM_BYTES * values, copies * imageBytes);
  return {
    what: `batches of ${count(images)} images of ${width} x ${height} and ${count(k)} centres`,
    node: { native: inNode(1), portable: inNode(PORTABLE_COPIES) },
    python: bytesOf(PYTHON_BYTES * values, 0, imageBytes),
    keeps: true,
  };
}

function lessText(images: number): string {
  return images < 1
    ? 'take fewer clusters, or smaller images'
    : `take a \`batchSize\` of at most ${count(images)}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
