/*
 * Puts the Huffman codes of one block (ITU-T T.81, annex F.1.2) by scalar instructions.
 *
 * Zeros cost nothing: a mask of the coefficients that are not zero, in the order of the file, leads from one to the
 * next. The table has the code of a coefficient already moved to make place for its bits, so that both are put with one
 * shift; and whole bytes are stored eight at once after every second coefficient, with no branch but that for 0xff.
 */
#ifndef FANFLEET_JPEG_BLOCK_H
#define FANFLEET_JPEG_BLOCK_H

#include <string.h>

#include "jpeg_huffman.h"

#define INLINE inline __attribute__((always_inline))

#define MOST_PUT_BITS (MOST_CODE_BITS + MOST_COEFFICIENT_BITS)
_Static_assert(MOST_PUT_BITS < 1 << LENGTH_BITS && MOST_PUT_BITS + LENGTH_BITS <= 32, "a code fits its entry");
_Static_assert(7 + 2 * MOST_PUT_BITS <= 64, "what is left of a byte and two codes fit the writer");
_Static_assert(7 + 3 * MOST_CODE_BITS <= 64, "so do the codes of the most zeros before a coefficient");

enum { END_OF_BLOCK = 0x00, SIXTEEN_ZEROS = 0xf0 };

/* Store all whole bytes, those of 0xff each followed by a zero (F.1.2.3). */
static __attribute__((noinline)) uint8_t *store_stuffed(uint8_t *next, uint64_t bits, uint32_t count) {
  while (count >= 8) {
    count -= 8;
    uint8_t byte = (uint8_t)(bits >> count);
    *next++ = byte;
    if (byte == 0xff) *next++ = 0;
  }
  return next;
}

/* Store all whole bytes. */
static INLINE BitWriter store(BitWriter writer) {
  /* In two steps, as 64 less a count of 0 is too far for one. */
  uint64_t bytes = writer.bits << 1 << (63 - writer.count);
  /* A byte of 0xff has its highest bit and loses it by adding one. */
  if (__builtin_expect((bytes & ~(bytes + 0x0101010101010101) & 0x8080808080808080) != 0, 0)) {
    writer.next = store_stuffed(writer.next, writer.bits, writer.count);
  } else {
    uint64_t swapped = __builtin_bswap64(bytes);
    memcpy(writer.next, &swapped, sizeof swapped);
    writer.next += writer.count >> 3;
  }
  writer.count &= 7;
  return writer;
}

static INLINE BitWriter put(BitWriter writer, Code code, uint32_t coefficient_bits) {
  uint32_t length = code & ((1 << LENGTH_BITS) - 1);
  writer.bits = writer.bits << length | (code >> LENGTH_BITS | coefficient_bits);
  writer.count += length;
  return writer;
}

/* Put a coefficient (F.1.2.1.1) with the code of its size: a negative one's bits are the complement of its
 * magnitude's. */
static INLINE BitWriter put_coefficient(BitWriter writer, const Code *of_size, int coefficient, uint32_t size) {
  uint32_t bits = (uint32_t)(coefficient + (coefficient >> 31));
  return put(writer, of_size[size], bits & ((1u << size) - 1));
}

/* The bits of the magnitude of a coefficient that is not zero. */
static INLINE uint32_t size_of(int coefficient) {
  int sign = coefficient >> 31;
  return 32 - (uint32_t)__builtin_clz((uint32_t)((coefficient + sign) ^ sign));
}

/* Put the codes of up to 63 zeros but for the last fifteen. */
static __attribute__((noinline, cold)) BitWriter put_zeros(BitWriter writer, Code sixteen, uint32_t zeros) {
  writer = store(writer);
  for (; zeros >= 16; zeros -= 16) writer = put(writer, sixteen, 0);
  return store(writer);
}

typedef struct {
  /* In the order of the file. The DCT of 8-bit samples gives DC within 1024, so that a difference has up to 11 bits,
   * and AC within 928, which has 10; quantisation makes none larger. */
  JCOEF coefficients[DCTSIZE2];
  /* Of each, for put_block: without its sign, and the bits to be put, with others above them. */
  uint16_t magnitudes[DCTSIZE2];
  uint16_t bits[DCTSIZE2];
  /* The lowest bit for the first: which are not zero. */
  uint64_t places;
} Block;

/* Put the AC coefficient at a place, which comes behind so many zeros. */
static INLINE BitWriter put_ac(BitWriter writer, const Block *block, uint32_t place, uint32_t zeros, const Code *codes) {
  if (__builtin_expect(zeros >= 16, 0)) {
    writer = put_zeros(writer, codes[SIXTEEN_ZEROS], zeros);
    zeros &= 15;
  }
  uint32_t size = 32 - (uint32_t)__builtin_clz(block->magnitudes[place]);
  return put(writer, codes[16 * zeros + size], block->bits[place] & ((1u << size) - 1));
}

static INLINE BitWriter put_block(BitWriter writer, Block *block, int difference, const Code *dc, const Code *ac) {
  uint64_t places = block->places & ~(uint64_t)1;
  uint32_t last = 0;
  writer = put_coefficient(writer, dc, difference, difference == 0 ? 0 : size_of(difference));
  while (places != 0) {
    uint32_t place = (uint32_t)__builtin_ctzll(places);
    writer = store(put_ac(writer, block, place, place - last - 1, ac));
    last = place;
    places &= places - 1;
    if (places == 0) break;
    place = (uint32_t)__builtin_ctzll(places);
    writer = put_ac(writer, block, place, place - last - 1, ac);
    last = place;
    places &= places - 1;
  }
  if (last < DCTSIZE2 - 1) writer = put(writer, ac[END_OF_BLOCK], 0);
  return store(writer);
}

#endif
