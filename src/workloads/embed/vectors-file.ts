import { FanfleetError } from '../../errors.ts';

const FLOAT_BYTES = 4;

/** The embeddings of the images of a batch that could be done, in their order, and nothing else: float32, little-endian. */
export function writeVectors(vectors: readonly Float32Array[]): Buffer {
  return Buffer.concat(
    vectors.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  );
}

/** Bytes of the file of so many images. */
export function vectorsBytes(length: number, images: number): number {
  return FLOAT_BYTES * length * images;
}

/**
 * @param length numbers of an embedding
 * @param images that it has to have embeddings of
 * @returns views of the file, where its bytes lie as floats must
 * @throws FanfleetError `INVALID_INPUT` where it has other bytes than so many
 */
export function readVectors(file: Buffer, length: number, images: number): Float32Array[] {
  const bytes = vectorsBytes(length, images);
  if (file.length !== bytes) {
    const message = `Expected embeddings of ${images} times ${length} numbers, ${bytes} bytes, but found ${file.length}.`;
    throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
  }
  const { buffer, byteOffset } = file.byteOffset % FLOAT_BYTES === 0 ? file : Uint8Array.from(file);
  return Array.from(
    { length: images },
    (_, at) => new Float32Array(buffer, byteOffset + vectorsBytes(length, at), length),
  );
}
