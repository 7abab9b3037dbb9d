/* Brings entropy-coded data into its window. */
#include "jpeg_window.h"

/* So many bytes are taken over at once. */
#ifdef __wasm__
#include <wasm_simd128.h>

#define CHUNK 16

/* Put the bytes before `to`, the first one last, and give how many of them come before the first one of 0xff. */
static inline size_t reverse(uint8_t *to, const uint8_t *from) {
  v128_t bytes = wasm_v128_load(from);
  wasm_v128_store(to - CHUNK, wasm_i8x16_shuffle(bytes, bytes, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
  uint32_t found = wasm_i8x16_bitmask(wasm_i8x16_eq(bytes, wasm_i8x16_splat(-1)));
  return found == 0 ? CHUNK : (size_t)__builtin_ctz(found);
}
#elif defined(__SSE2__)
#include <emmintrin.h>

#define CHUNK 16

/* As above. */
static inline size_t reverse(uint8_t *to, const uint8_t *from) {
  uint64_t words[2];
  memcpy(words, from, sizeof words);
  uint64_t swapped[2] = { __builtin_bswap64(words[1]), __builtin_bswap64(words[0]) };
  memcpy(to - CHUNK, swapped, sizeof swapped);
  __m128i bytes = _mm_loadu_si128((const __m128i *)from);
  int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(-1)));
  return found == 0 ? CHUNK : (size_t)__builtin_ctz((unsigned)found);
}
#else
#define CHUNK 8

/* As above. A byte of 0xff has its highest bit and loses it by adding one. */
static inline size_t reverse(uint8_t *to, const uint8_t *from) {
  uint64_t word;
  memcpy(&word, from, sizeof word);
  uint64_t swapped = __builtin_bswap64(word);
  memcpy(to - CHUNK, &swapped, sizeof swapped);
  uint64_t found = word & ~(word + 0x0101010101010101) & 0x8080808080808080;
  return found == 0 ? CHUNK : (size_t)__builtin_ctzll(found) / 8;
}
#endif

BitReader fanfleet_window_begin(Window *window, const uint8_t *from) {
  window->from = from;
  window->end = window->bytes + sizeof window->bytes;
  window->ended = 0;
  return (BitReader){ .next = window->end };
}

BitReader fanfleet_window_fill(Window *window, BitReader reader) {
  size_t kept = (size_t)(reader.next - window->end);
  uint8_t *top = window->bytes + sizeof window->bytes;
  uint8_t *to = memmove(top - kept, window->end, kept);
  const uint8_t *from = window->from;
  while (!window->ended && to - window->bytes >= MOST_BYTES_OF_MCU + CHUNK) {
    size_t left = (size_t)(window->from_end - from);
    if (left >= CHUNK) {
      size_t plain = reverse(to, from);
      /* Not by `plain`, so that the next chunk need not wait for it. */
      if (plain == CHUNK) {
        to -= CHUNK;
        from += CHUNK;
        continue;
      }
      to -= plain;
      from += plain;
    } else if (left > 0 && *from != 0xff) {
      *--to = *from++;
      continue;
    }
    if (window->from_end - from >= 2 && from[0] == 0xff && from[1] == 0) {
      *--to = 0xff;
      from += 2;
    } else {
      window->ended = 1;
    }
  }
  window->from = from;
  window->end = to;
  memset(to - MOST_BYTES_OF_MCU, 0, MOST_BYTES_OF_MCU);
  reader.next = top;
  return reader;
}
