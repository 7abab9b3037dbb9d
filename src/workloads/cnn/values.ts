/** All values of a network one after the other, little-endian float32, as base64: for JSON. */
export function valuesText(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

/** @returns null where that is no text of such values */
export function readValues(text: unknown): Float32Array | null {
  if (typeof text !== 'string') return null;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length % 4 !== 0 || 4 * Math.ceil(bytes.length / 3) !== text.length)
    return null;
  const values = new Float32Array(bytes.length / 4);
  new Uint8Array(values.buffer).set(bytes);
  return values;
}
