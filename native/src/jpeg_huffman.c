/*
 * Writes the Huffman codes of sequential JPEG (ITU-T T.81, annex F.1.2), which is about a quarter of the work of
 * encoding a photograph.
 *
 * Zeros cost nothing: a mask of the coefficients that are not zero, in the order of the file, leads from one to the
 * next. The table has the code of a coefficient already moved to make place for its bits, so that both are put with one
 * shift; and whole bytes are stored eight at once after every second coefficient, with no branch but that for 0xff.
 */
#include "jpeg_huffman.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#define INLINE inline __attribute__((always_inline))
/* All processors with AVX2 and BMI2 have the others. */
#define TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt")))

#define MOST_PUT_BITS (MOST_CODE_BITS + MOST_COEFFICIENT_BITS)
_Static_assert(MOST_PUT_BITS < 1 << LENGTH_BITS && MOST_PUT_BITS + LENGTH_BITS <= 32, "a code fits its entry");
_Static_assert(7 + 2 * MOST_PUT_BITS <= 64, "what is left of a byte and two codes fit the writer");
_Static_assert(7 + 3 * MOST_CODE_BITS <= 64, "so do the codes of the most zeros before a coefficient");

/* An MCU does not write more: each coefficient at its longest, a zero stuffed after each byte; what was left of a byte;
 * and the whole of the last store. */
#define MOST_BYTES_OF_MCU (2 * (C_MAX_BLOCKS_IN_MCU * DCTSIZE2 * MOST_PUT_BITS / 8 + 1) + 8)

enum { END_OF_BLOCK = 0x00, SIXTEEN_ZEROS = 0xf0 };

/* The codes of each length follow those of the one before (annex C); libjpeg has checked that they fit. */
static void build(Code *codes, const JHUFF_TBL *from) {
  Code code = 0;
  const UINT8 *value = from->huffval;
  for (uint32_t length = 1; length <= MOST_CODE_BITS; length += 1, code <<= 1) {
    for (int left = from->bits[length]; left > 0; left -= 1, value += 1, code += 1) {
      uint32_t size = *value & 15;
      /* Larger ones are in no image of 8-bit samples, and would not fit. */
      if (size <= MOST_COEFFICIENT_BITS) codes[*value] = code << (size + LENGTH_BITS) | (length + size);
    }
  }
}

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

/* Put an AC coefficient that comes behind so many zeros. */
static INLINE BitWriter put_ac(BitWriter writer, const Code *codes, uint32_t zeros, int coefficient) {
  if (__builtin_expect(zeros >= 16, 0)) {
    writer = put_zeros(writer, codes[SIXTEEN_ZEROS], zeros);
    zeros &= 15;
  }
  return put_coefficient(writer, codes + 16 * zeros, coefficient, size_of(coefficient));
}

typedef struct {
  /* In the order of the file. The DCT of 8-bit samples gives DC within 1024, so that a difference has up to 11 bits,
   * and AC within 928, which has 10; quantisation makes none larger. */
  JCOEF coefficients[DCTSIZE2];
  /* The lowest bit for the first: which are not zero. */
  uint64_t places;
} Block;

static INLINE BitWriter put_block(BitWriter writer, const Block *block, int difference, const Code *dc,
                                  const Code *ac) {
  uint64_t places = block->places & ~(uint64_t)1;
  uint32_t last = 0;
  writer = put_coefficient(writer, dc, difference, difference == 0 ? 0 : size_of(difference));
  while (places != 0) {
    uint32_t place = (uint32_t)__builtin_ctzll(places);
    writer = store(put_ac(writer, ac, place - last - 1, block->coefficients[place]));
    last = place;
    places &= places - 1;
    if (places == 0) break;
    place = (uint32_t)__builtin_ctzll(places);
    writer = put_ac(writer, ac, place - last - 1, block->coefficients[place]);
    last = place;
    places &= places - 1;
  }
  if (last < DCTSIZE2 - 1) writer = put(writer, ac[END_OF_BLOCK], 0);
  return store(writer);
}

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

/* Put the `part`-th sixteen coefficients, which are in the rows from `row` to `last`, into their order. */
TARGET static INLINE void order_16(Block *block, const JCOEF *from, int part, int row, int last) {
  __m256i ordered = _mm256_setzero_si256();
  for (; row <= last; row += 1) {
    __m256i coefficients = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(from + 8 * row)));
    __m256i bytes = _mm256_load_si256((const __m256i *)BYTES_OF_ROW[row][part]);
    ordered = _mm256_or_si256(ordered, _mm256_shuffle_epi8(coefficients, bytes));
  }
  _mm256_storeu_si256((__m256i *)(block->coefficients + 16 * part), ordered);
  /* Saturation keeps what is not zero from becoming so. */
  __m128i packed = _mm_packs_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
  int zeros = _mm_movemask_epi8(_mm_cmpeq_epi8(packed, _mm_setzero_si128()));
  block->places |= (uint64_t)(~zeros & 0xffff) << (16 * part);
}

TARGET static INLINE void order(Block *block, const JCOEF *from) {
  block->places = 0;
  order_16(block, from, 0, 0, 4);
  order_16(block, from, 1, 0, 6);
  order_16(block, from, 2, 1, 7);
  order_16(block, from, 3, 3, 7);
}

/* Tell libjpeg that the file is written up to here. */
static INLINE void wrote(j_compress_ptr libjpeg, uint8_t *next) {
  libjpeg->dest->free_in_buffer -= (size_t)(next - libjpeg->dest->next_output_byte);
  libjpeg->dest->next_output_byte = next;
}

/* Write one MCU. */
TARGET static boolean encode_mcu(j_compress_ptr libjpeg, JBLOCKROW *blocks) {
  HuffmanEncoder *encoder = (HuffmanEncoder *)libjpeg->entropy;
  if (libjpeg->dest->free_in_buffer < MOST_BYTES_OF_MCU) (*encoder->make_room)(libjpeg);
  BitWriter writer = encoder->writer;
  writer.next = libjpeg->dest->next_output_byte;
  for (int at = 0; at < libjpeg->blocks_in_MCU; at += 1) {
    int member = libjpeg->MCU_membership[at];
    const jpeg_component_info *info = libjpeg->cur_comp_info[member];
    Block block;
    order(&block, blocks[at][0]);
    int difference = block.coefficients[0] - encoder->last_dc[member];
    encoder->last_dc[member] = block.coefficients[0];
    writer = put_block(writer, &block, difference, encoder->dc[info->dc_tbl_no], encoder->ac[info->ac_tbl_no]);
  }
  wrote(libjpeg, writer.next);
  encoder->writer = writer;
  return TRUE;
}

/* Write what is left of a byte, filled up with ones. */
static void finish_pass(j_compress_ptr libjpeg) {
  HuffmanEncoder *encoder = (HuffmanEncoder *)libjpeg->entropy;
  BitWriter writer = encoder->writer;
  if (writer.count == 0) return;
  if (libjpeg->dest->free_in_buffer < MOST_BYTES_OF_MCU) (*encoder->make_room)(libjpeg);
  uint32_t missing = 8 - writer.count;
  uint64_t filled = writer.bits << missing | ((1u << missing) - 1);
  uint8_t *next = store_stuffed(libjpeg->dest->next_output_byte, filled, 8);
  wrote(libjpeg, next);
}

void fanfleet_huffman_take_over(j_compress_ptr libjpeg, HuffmanEncoder *encoder,
                                void (*make_room)(j_compress_ptr libjpeg)) {
  if (!__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("avx2")) return;
  if (libjpeg->progressive_mode || libjpeg->arith_code || libjpeg->optimize_coding) return;
  /* Lossless has others, and an encoder with more functions. */
  if (libjpeg->Ss != 0 || libjpeg->Se != DCTSIZE2 - 1 || libjpeg->Ah != 0 || libjpeg->Al != 0) return;
  if (libjpeg->data_precision != 8 || libjpeg->num_scans != 1 || libjpeg->restart_interval != 0) return;
  for (int at = 0; at < libjpeg->comps_in_scan; at += 1) {
    const jpeg_component_info *info = libjpeg->cur_comp_info[at];
    build(encoder->dc[info->dc_tbl_no], libjpeg->dc_huff_tbl_ptrs[info->dc_tbl_no]);
    build(encoder->ac[info->ac_tbl_no], libjpeg->ac_huff_tbl_ptrs[info->ac_tbl_no]);
  }
  encoder->libjpegs = *libjpeg->entropy;
  encoder->libjpegs.encode_mcu = encode_mcu;
  encoder->libjpegs.finish_pass = finish_pass;
  encoder->make_room = make_room;
  encoder->writer = (BitWriter){ 0 };
  memset(encoder->last_dc, 0, sizeof encoder->last_dc);
  libjpeg->entropy = &encoder->libjpegs;
}

#else

/* Elsewhere libjpeg's own is kept: that for arm64 works in much the same way. */
void fanfleet_huffman_take_over(j_compress_ptr libjpeg, HuffmanEncoder *encoder,
                                void (*make_room)(j_compress_ptr libjpeg)) {
  (void)libjpeg;
  (void)encoder;
  (void)make_room;
}

#endif
