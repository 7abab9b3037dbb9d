/*
 * Puts the Huffman codes of one block with AVX-512. The coefficients are brought together without the zeros between
 * them; of sixteen at a time the codes, and their bits, are found and joined by fours, so that the scalar part stores
 * one word for four coefficients.
 */
#ifndef FANFLEET_JPEG_BLOCK_AVX512_H
#define FANFLEET_JPEG_BLOCK_AVX512_H

#include <immintrin.h>

#include "jpeg_block.h"
#include "jpeg_block_avx2.h"

/* All processors with VBMI and VBMI2 have the others. */
#define TARGET_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512cd,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi,bmi2,lzcnt,popcnt")))

/* Where the coefficients are, in the order of the file (figure A.6). */
static const uint16_t ZIGZAG[DCTSIZE2] __attribute__((aligned(64))) = {
  0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  /* */
  12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
  58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};
static const uint8_t NUMBERS[DCTSIZE2] __attribute__((aligned(64))) = {
  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
  32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
  48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
};

TARGET_AVX512 static INLINE void order_avx512(Block *block, const JCOEF *from) {
  __m512i low = _mm512_loadu_si512(from), high = _mm512_loadu_si512(from + 32);
  __m512i first = _mm512_permutex2var_epi16(low, _mm512_load_si512(ZIGZAG), high);
  __m512i second = _mm512_permutex2var_epi16(low, _mm512_load_si512(ZIGZAG + 32), high);
  _mm512_storeu_si512(block->coefficients, first);
  _mm512_storeu_si512(block->coefficients + 32, second);
  block->places = _mm512_test_epi16_mask(first, first) | (uint64_t)_mm512_test_epi16_mask(second, second) << 32;
}

/* What is to be put for sixteen coefficients: every `step`-th of eight, with its length. */
typedef struct {
  uint64_t bits[8];
  uint64_t lengths[8];
  uint32_t step;
} Joined;

/* With the seven that may be left in the writer they are 63, the most that `store` can take. */
#define MOST_JOINED_BITS 56
_Static_assert(2 * MOST_PUT_BITS <= MOST_JOINED_BITS, "two codes can always be joined");

/* Join the codes of two, then of four if all of these are short enough, as they nearly always are. */
TARGET_AVX512 static INLINE void join(Joined *joined, __m512i codes, __m512i lengths) {
  const __mmask16 EVEN = 0x5555;
  __m512i odd_lengths = _mm512_srli_epi64(lengths, 32);
  __m512i two = _mm512_sllv_epi64(_mm512_maskz_mov_epi32(EVEN, codes), odd_lengths);
  two = _mm512_or_si512(two, _mm512_srli_epi64(codes, 32));
  __m512i two_lengths = _mm512_add_epi64(_mm512_maskz_mov_epi32(EVEN, lengths), odd_lengths);
  odd_lengths = _mm512_unpackhi_epi64(two_lengths, two_lengths);
  __m512i four_lengths = _mm512_add_epi64(two_lengths, odd_lengths);
  if (__builtin_expect(
        _mm512_mask_cmpgt_epi64_mask((__mmask8)EVEN, four_lengths, _mm512_set1_epi64(MOST_JOINED_BITS)) == 0, 1)) {
    __m512i four = _mm512_or_si512(_mm512_sllv_epi64(two, odd_lengths), _mm512_unpackhi_epi64(two, two));
    _mm512_storeu_si512(joined->bits, four);
    _mm512_storeu_si512(joined->lengths, four_lengths);
    joined->step = 2;
  } else {
    _mm512_storeu_si512(joined->bits, two);
    _mm512_storeu_si512(joined->lengths, two_lengths);
    joined->step = 1;
  }
}

/* Find and join what is to be put for the first `count` coefficients; of each, `zeros` has 16 times the zeros before
 * it. `more` is 1 for an end of block behind them. */
TARGET_AVX512 static INLINE void join_codes(Joined *joined, __m256i coefficients, __m128i zeros, uint32_t count,
                                            uint32_t more, const Code *ac) {
  __mmask16 present = (__mmask16)_bzhi_u32(0xffff, count);
  __mmask16 with_end = (__mmask16)_bzhi_u32(0xffff, count + more);
  __m512i values = _mm512_maskz_cvtepi16_epi32(present, coefficients);
  __m512i sizes = _mm512_sub_epi32(_mm512_set1_epi32(32), _mm512_lzcnt_epi32(_mm512_abs_epi32(values)));
  /* As in put_coefficient. */
  __m512i bits = _mm512_add_epi32(values, _mm512_srai_epi32(values, 31));
  bits = _mm512_andnot_si512(_mm512_sllv_epi32(_mm512_set1_epi32(-1), sizes), bits);
  /* END_OF_BLOCK, which is 0, where there is no coefficient. */
  __m512i symbols = _mm512_maskz_add_epi32(present, _mm512_cvtepu8_epi32(zeros), sizes);
  __m512i codes = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), with_end, symbols, ac, sizeof *ac);
  __m512i lengths = _mm512_and_si512(codes, _mm512_set1_epi32((1 << LENGTH_BITS) - 1));
  join(joined, _mm512_or_si512(_mm512_srli_epi32(codes, LENGTH_BITS), bits), lengths);
}

TARGET_AVX512 static INLINE BitWriter put_block_avx512(BitWriter writer, Block *block, int difference,
                                                       const Code *dc, const Code *ac) {
  uint64_t places = block->places & ~(uint64_t)1;
  uint32_t count = (uint32_t)__builtin_popcountll(places);
  const __m512i ONE = _mm512_set1_epi8(1), FIFTEEN = _mm512_set1_epi8(15), BYTES = _mm512_load_si512(NUMBERS);
  __m512i place = _mm512_maskz_compress_epi8(places, BYTES);
  /* The first is behind DC, whose place is 0. */
  __m512i place_before = _mm512_maskz_permutexvar_epi8(~(uint64_t)1, _mm512_sub_epi8(BYTES, ONE), place);
  __m512i zeros = _mm512_sub_epi8(_mm512_sub_epi8(place, place_before), ONE);
  uint64_t far = _mm512_mask_cmpgt_epi8_mask(_bzhi_u64(~(uint64_t)0, count), zeros, FIFTEEN);
  if (__builtin_expect(far != 0, 0)) {
    for (int part = 0; part < DCTSIZE2 / 16; part += 1) {
      split_16(block, part, _mm256_loadu_si256((const __m256i *)(block->coefficients + 16 * part)));
    }
    return put_block(writer, block, difference, dc, ac);
  }
  uint8_t sixteen_zeros[DCTSIZE2];
  _mm512_storeu_si512(sixteen_zeros, _mm512_slli_epi16(zeros, 4));

  /* Those of the first half, then those of the second. */
  uint32_t in_first = (uint32_t)__builtin_popcount((uint32_t)places);
  __m512i first = _mm512_maskz_compress_epi16((__mmask32)places, _mm512_loadu_si512(block->coefficients));
  __m512i second = _mm512_maskz_compress_epi16((__mmask32)(places >> 32), _mm512_loadu_si512(block->coefficients + 32));
  __m512i words = _mm512_cvtepu8_epi16(_mm256_load_si256((const __m256i *)NUMBERS));
  __m512i from_second = _mm512_sub_epi16(words, _mm512_set1_epi16((short)in_first));
  __m512i dense = _mm512_mask_permutexvar_epi16(first, ~_bzhi_u32(UINT32_MAX, in_first), from_second, second);

  writer = store(put_coefficient(writer, dc, difference, difference == 0 ? 0 : size_of(difference)));
  uint32_t end = count + (places >> (DCTSIZE2 - 1) == 0);
  for (uint32_t at = 0; at < end; at += 16) {
    if (at == 32) dense = _mm512_permutexvar_epi16(_mm512_add_epi16(from_second, _mm512_set1_epi16(32)), second);
    Joined joined;
    join_codes(&joined, _mm512_castsi512_si256(dense), _mm_loadu_si128((const __m128i *)(sixteen_zeros + at)),
               count - at, end - count, ac);
    uint32_t words_end = end - at < 16 ? (end - at + 1) / 2 : 8;
    for (uint32_t word = 0; word < words_end; word += joined.step) {
      writer.bits = writer.bits << joined.lengths[word] | joined.bits[word];
      writer.count += (uint32_t)joined.lengths[word];
      writer = store(writer);
    }
    dense = _mm512_castsi256_si512(_mm512_extracti64x4_epi64(dense, 1));
  }
  return writer;
}

#endif
