/* Brings the coefficients of a block into the order of the file with AVX2. */
#ifndef FANFLEET_JPEG_BLOCK_AVX2_H
#define FANFLEET_JPEG_BLOCK_AVX2_H

#include <immintrin.h>

#include "jpeg_block.h"

/* All processors with AVX2 and BMI2 have the others. */
#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt")))

/* For each row of eight coefficients and sixteen places in the order of the file (figure A.6): which of the row's bytes
 * belong there; 0x80 gives zero. */
#define IN_ROW(row, n) ((n) / 8 == (row) ? 2 * ((n) % 8) : 0x80), ((n) / 8 == (row) ? 2 * ((n) % 8) + 1 : 0x80)
#define EIGHT_IN_ROW(row, a, b, c, d, e, f, g, h) \
  IN_ROW(row, a), IN_ROW(row, b), IN_ROW(row, c), IN_ROW(row, d), IN_ROW(row, e), IN_ROW(row, f), IN_ROW(row, g), \
    IN_ROW(row, h)
#define ROW(row)                                                                                               \
  {                                                                                                            \
    { EIGHT_IN_ROW(row, 0, 1, 8, 16, 9, 2, 3, 10), EIGHT_IN_ROW(row, 17, 24, 32, 25, 18, 11, 4, 5) },          \
    { EIGHT_IN_ROW(row, 12, 19, 26, 33, 40, 48, 41, 34), EIGHT_IN_ROW(row, 27, 20, 13, 6, 7, 14, 21, 28) },    \
    { EIGHT_IN_ROW(row, 35, 42, 49, 56, 57, 50, 43, 36), EIGHT_IN_ROW(row, 29, 22, 15, 23, 30, 37, 44, 51) },  \
    { EIGHT_IN_ROW(row, 58, 59, 52, 45, 38, 31, 39, 46), EIGHT_IN_ROW(row, 53, 60, 61, 54, 47, 55, 62, 63) },  \
  }
static const uint8_t BYTES_OF_ROW[8][4][32] __attribute__((aligned(32))) = {
  ROW(0), ROW(1), ROW(2), ROW(3), ROW(4), ROW(5), ROW(6), ROW(7),
};

/* Find what put_block takes of the `part`-th sixteen coefficients. */
TARGET_AVX2 static INLINE void split_16(Block *block, int part, __m256i coefficients) {
  __m256i signs = _mm256_srai_epi16(coefficients, 15);
  __m256i bits = _mm256_add_epi16(coefficients, signs);
  _mm256_storeu_si256((__m256i *)(block->bits + 16 * part), bits);
  _mm256_storeu_si256((__m256i *)(block->magnitudes + 16 * part), _mm256_xor_si256(bits, signs));
}

/* Put the `part`-th sixteen coefficients, which are in the rows from `row` to `last`, into their order. */
TARGET_AVX2 static INLINE void order_16(Block *block, const JCOEF *from, int part, int row, int last) {
  __m256i ordered = _mm256_setzero_si256();
  for (; row <= last; row += 1) {
    __m256i coefficients = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(from + 8 * row)));
    __m256i bytes = _mm256_load_si256((const __m256i *)BYTES_OF_ROW[row][part]);
    ordered = _mm256_or_si256(ordered, _mm256_shuffle_epi8(coefficients, bytes));
  }
  _mm256_storeu_si256((__m256i *)(block->coefficients + 16 * part), ordered);
  split_16(block, part, ordered);
  /* Saturation keeps what is not zero from becoming so. */
  __m128i packed = _mm_packs_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
  int zeros = _mm_movemask_epi8(_mm_cmpeq_epi8(packed, _mm_setzero_si128()));
  block->places |= (uint64_t)(~zeros & 0xffff) << (16 * part);
}

TARGET_AVX2 static INLINE void order_avx2(Block *block, const JCOEF *from) {
  block->places = 0;
  order_16(block, from, 0, 0, 4);
  order_16(block, from, 1, 0, 6);
  order_16(block, from, 2, 1, 7);
  order_16(block, from, 3, 3, 7);
}

#endif
