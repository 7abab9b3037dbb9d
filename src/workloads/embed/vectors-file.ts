import { FanfleetError } from '../../errors.ts';
import { readFields } from '../../fields.ts';

/**
 * The embeddings of the images of a batch that could be done, in their order: JSON with float32, little-endian, in base64, the same text from every
 * program.
 */
export function writeVectors(vectors: readonly Float32Array[], length: number): string {
  const bytes = vectors.map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  return JSON.stringify({ length, float32: Buffer.concat(bytes).toString('base64') });
}

/**
 * @param length numbers of an embedding
 * @param images that it has to have embeddings of
 * @throws FanfleetError `INVALID_INPUT` where it is no such file, or has other numbers
 */
export function readVectors(file: Buffer, length: number, images: number): Float32Array[] {
  let said: unknown;
  try {
    said = JSON.parse(file.toString('utf8'));
  } catch (cause) {
    throw new FanfleetError('INVALID_INPUT', 'Expected embeddings but found no JSON.', {
      source: 'user',
      cause,
    });
  }
  const { float32 } = readFields(said, 'The embeddings of a batch', (fields) => ({
    length: fields.integer('length', length, length),
    float32: fields.take(
      'float32',
      `base64 of ${images} times ${length} numbers`,
      isBase64Of(4 * images * length),
      '',
    ),
  }));
  const bytes = Uint8Array.from(Buffer.from(float32, 'base64'));
  const numbers = new Float32Array(bytes.buffer);
  return Array.from({ length: images }, (_, at) => numbers.subarray(at * length, (at + 1) * length));
}

function isBase64Of(bytes: number) {
  return (value: unknown): value is string =>
    typeof value === 'string' &&
    value.length === 4 * Math.ceil(bytes / 3) &&
    Buffer.byteLength(value, 'base64') === bytes &&
    /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}
