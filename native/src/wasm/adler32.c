/*
 * The checksum of zlib (RFC 1950, 8.2) with WebAssembly's SIMD, in the place of libdeflate's own, which has none for it.
 * `sum` adds the bytes up and `weighted` all values that `sum` had: of sixteen bytes the first counts sixteen times.
 */
#include <stddef.h>
#include <stdint.h>
#include <wasm_simd128.h>

#define DIVISOR 65521
/* So many bytes keep `weighted` below 2^32 (libdeflate's MAX_CHUNK_LEN), in whole vectors. */
#define MOST_BYTES 5552

static uint32_t total(v128_t sums) {
  return (uint32_t)wasm_i32x4_extract_lane(sums, 0) + (uint32_t)wasm_i32x4_extract_lane(sums, 1) +
         (uint32_t)wasm_i32x4_extract_lane(sums, 2) + (uint32_t)wasm_i32x4_extract_lane(sums, 3);
}

uint32_t libdeflate_adler32(uint32_t adler, const void *buffer, size_t length) {
  const uint8_t *next = buffer;
  if (next == NULL) return 1;
  uint32_t sum = adler & 0xffff, weighted = adler >> 16;
  while (length > 0) {
    size_t part = length < MOST_BYTES ? length : MOST_BYTES;
    size_t vectors = part / 16;
    /* Of all vectors: their bytes; what was added by the ones before each; and the bytes by their weights within one. */
    v128_t bytes = wasm_i32x4_splat(0), before = bytes, within = bytes;
    for (size_t at = 0; at < vectors; at += 1, next += 16) {
      v128_t values = wasm_v128_load(next);
      v128_t low = wasm_u16x8_extend_low_u8x16(values), high = wasm_u16x8_extend_high_u8x16(values);
      before = wasm_i32x4_add(before, bytes);
      bytes = wasm_i32x4_add(bytes, wasm_u32x4_extadd_pairwise_u16x8(wasm_i16x8_add(low, high)));
      within = wasm_i32x4_add(within, wasm_i32x4_dot_i16x8(low, wasm_i16x8_make(16, 15, 14, 13, 12, 11, 10, 9)));
      within = wasm_i32x4_add(within, wasm_i32x4_dot_i16x8(high, wasm_i16x8_make(8, 7, 6, 5, 4, 3, 2, 1)));
    }
    weighted += sum * 16 * (uint32_t)vectors + 16 * total(before) + total(within);
    sum += total(bytes);
    for (size_t left = part % 16; left > 0; left -= 1, next += 1) {
      sum += *next;
      weighted += sum;
    }
    sum %= DIVISOR;
    weighted %= DIVISOR;
    length -= part;
  }
  return weighted << 16 | sum;
}
