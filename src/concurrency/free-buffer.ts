/**
 * Give the memory of a buffer back at once. Garbage is collected when V8's own heap has grown, and what lies outside of
 * it piles up until then. Whoever still has the buffer, or a part of it, finds it empty; nothing native may be at work
 * on it.
 *
 * A buffer that shares its memory with others, as small ones of Node do, is left alone.
 */
export function freeBuffer({ buffer, byteLength }: Buffer): void {
  if (byteLength === 0 || byteLength < buffer.byteLength) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
