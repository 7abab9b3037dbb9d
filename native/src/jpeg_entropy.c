/*
 * Decodes the Huffman codes of sequential JPEG (ITU-T T.81, annex F.2.2), which is most of the work of decoding. libjpeg
 * looks up a code, then takes the bits of its coefficient; here one lookup gives both, and bits are loaded by the word.
 */
#include "jpeg_entropy.h"

#include <string.h>

/* Where the n-th coefficient in the order of the file is in a block. */
static const uint8_t NATURAL_ORDER[DCTSIZE2] = {
  0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
  41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
  30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

/* A sum of so many differences is not far from where libjpeg's overflows. */
#define LARGEST_DC (1 << 24)

/* An entry: the value in the upper 16 bits, below it the zeros before it, and in the lowest 8 the bits of both. */
#define ENTRY(value, zeros, length) ((uint32_t)(value) << 16 | (uint32_t)(zeros) << 8 | (uint32_t)(length))
/* In place of the zeros: the value is that of the code, which has no coefficient, or one that did not fit. */
#define CODE_ONLY 64
#define SPECIAL ((uint32_t)CODE_ONLY << 8)
/* No code begins with these bits, or only longer ones. */
#define NO_CODE SPECIAL

/* Extra bits to a coefficient: F.2.2.1, figure F.12. */
static inline int extend(int bits, int size) {
  return bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
}

/* The entry of the code of `length` bits with this value, given the LOOK_BITS bits that it begins. */
static uint32_t entry_of(int value, int length, uint32_t look, int is_dc) {
  int zeros = is_dc ? 0 : value >> 4;
  int size = is_dc ? value : value & 15;
  if (length + size > LOOK_BITS || (!is_dc && size == 0)) return ENTRY(value, CODE_ONLY, length);
  if (size == 0) return ENTRY(0, 0, length);
  int bits = (int)(look >> (LOOK_BITS - length - size) & ((1u << size) - 1));
  return ENTRY((uint16_t)extend(bits, size), zeros, length + size);
}

/* The codes of a table are consecutive for each length (annex C). libjpeg has checked that they fit. */
static void build(HuffmanTable *table, const JHUFF_TBL *from, int is_dc) {
  uint32_t code = 0;
  int at = 0;
  for (int look = 0; look < 1 << LOOK_BITS; look += 1) table->entries[look] = NO_CODE;
  memcpy(table->values, from->huffval, sizeof table->values);
  for (int length = 1; length <= LONGEST_CODE; length += 1, code <<= 1) {
    table->offset[length] = at - (int)code;
    for (int left = from->bits[length]; left > 0; left -= 1, at += 1, code += 1) {
      if (length > LOOK_BITS) continue;
      uint32_t first = code << (LOOK_BITS - length);
      for (uint32_t look = first; look < first + (1u << (LOOK_BITS - length)); look += 1) {
        table->entries[look] = entry_of(from->huffval[at], length, look, is_dc);
      }
    }
    table->limit[length] = code << (LONGEST_CODE - length);
  }
}


/* Load bits byte by byte: a zero byte after 0xff is not data, any other byte there ends the data. */
static __attribute__((noinline)) BitReader load_slowly(BitReader reader) {
  while (reader.count <= 56) {
    ptrdiff_t left = reader.end - reader.next;
    uint64_t byte = 0;
    if (left == 0 || (reader.next[0] == 0xff && (left == 1 || reader.next[1] != 0))) {
      reader.made_up += 8;
    } else {
      byte = reader.next[0];
      reader.next += byte == 0xff ? 2 : 1;
    }
    reader.bits |= byte << (56 - reader.count);
    reader.count += 8;
  }
  return reader;
}

/* Have at least 56 bits. */
static inline BitReader load(BitReader reader) {
  if (reader.end - reader.next < 8) return load_slowly(reader);
  const uint8_t *next = reader.next;
  uint64_t word = (uint64_t)next[0] << 56 | (uint64_t)next[1] << 48 | (uint64_t)next[2] << 40 | (uint64_t)next[3] << 32 |
                  (uint64_t)next[4] << 24 | (uint64_t)next[5] << 16 | (uint64_t)next[6] << 8 | (uint64_t)next[7];
  /* A zero byte of the complement is an 0xff: the test for a zero byte of Bit Twiddling Hacks. */
  uint64_t inverse = ~word;
  if ((inverse - 0x0101010101010101) & ~inverse & 0x8080808080808080) return load_slowly(reader);
  /* The bits of a byte that is not whole are loaded again the next time, which changes nothing. */
  reader.bits |= word >> reader.count;
  reader.next += (63 - reader.count) >> 3;
  reader.count |= 56;
  return reader;
}

static inline uint32_t peek(BitReader reader, int count) { return (uint32_t)(reader.bits >> (64 - count)); }

static inline BitReader skip(BitReader reader, int count) {
  reader.bits <<= count;
  reader.count -= count;
  return reader;
}

/* Find a code longer than LOOK_BITS. Gives its entry, or NO_CODE. */
static __attribute__((noinline)) uint32_t find_long_code(const HuffmanTable *table, uint32_t next_16) {
  for (int length = LOOK_BITS + 1; length <= LONGEST_CODE; length += 1) {
    if (next_16 >= table->limit[length]) continue;
    int at = (int)(next_16 >> (LONGEST_CODE - length)) + table->offset[length];
    return ENTRY(table->values[at & 255], CODE_ONLY, length);
  }
  return NO_CODE;
}

/* Decode the difference of the DC coefficient. Gives 0 for unsound data. */
static inline int decode_dc(BitReader *from, const HuffmanTable *table, int *difference) {
  BitReader reader = load(*from);
  uint32_t entry = table->entries[peek(reader, LOOK_BITS)];
  if (entry == NO_CODE) entry = find_long_code(table, peek(reader, LONGEST_CODE));
  if (entry == NO_CODE) return 0;
  reader = skip(reader, entry & 0xff);
  int value = (int32_t)entry >> 16;
  *difference = value;
  if ((entry & SPECIAL) && value > 0) {
    *difference = extend((int)peek(reader, value), value);
    reader = skip(reader, value);
  }
  *from = reader;
  return 1;
}

/* Decode the other coefficients of a block of zeros. Gives 0 for unsound data. */
static inline int decode_ac(BitReader *from, const HuffmanTable *table, JCOEF *block) {
  BitReader reader = *from;
  int at = 1;
  while (at < DCTSIZE2) {
    reader = load(reader);
    /* 56 bits are enough for two entries with their coefficients and a code with its own: a test of how many there are
     * would often be predicted wrongly. */
    for (int more = 3; more > 0 && at < DCTSIZE2; more -= 1) {
      uint32_t entry = table->entries[peek(reader, LOOK_BITS)];
      int zeros, value;
      if (__builtin_expect((entry & SPECIAL) == 0, 1)) {
        reader = skip(reader, entry & 0xff);
        zeros = (int)(entry >> 8 & 0xff);
        value = (int32_t)entry >> 16;
      } else {
        if (entry == NO_CODE) entry = find_long_code(table, peek(reader, LONGEST_CODE));
        if (entry == NO_CODE) return 0;
        reader = skip(reader, entry & 0xff);
        int size = (int)(entry >> 16 & 15);
        zeros = (int)(entry >> 20);
        if (size == 0 && zeros == 0) {
          *from = reader;
          return 1;
        }
        if (size == 0 && zeros != 15) return 0;
        value = size == 0 ? 0 : extend((int)peek(reader, size), size);
        reader = skip(reader, size);
        more = 1;
      }
      at += zeros;
      if (at >= DCTSIZE2) return 0;
      block[NATURAL_ORDER[at]] = (JCOEF)value;
      at += 1;
    }
  }
  *from = reader;
  return 1;
}

/* Decode one MCU to blocks of zeros. */
static boolean decode_mcu(j_decompress_ptr libjpeg, JBLOCKROW *blocks) {
  EntropyDecoder *decoder = (EntropyDecoder *)libjpeg->entropy;
  BitReader reader = decoder->reader;
  for (int at = 0; at < libjpeg->blocks_in_MCU; at += 1) {
    int component = libjpeg->MCU_membership[at];
    const jpeg_component_info *info = libjpeg->cur_comp_info[component];
    JCOEF *block = blocks[at][0];
    int difference = 0;
    if (!decode_dc(&reader, &decoder->dc[info->dc_tbl_no], &difference)) (*decoder->give_up)(libjpeg);
    int value = decoder->last_dc[component] + difference;
    if (value < -LARGEST_DC || value > LARGEST_DC) (*decoder->give_up)(libjpeg);
    decoder->last_dc[component] = value;
    block[0] = (JCOEF)value;
    if (!decode_ac(&reader, &decoder->ac[info->ac_tbl_no], block)) (*decoder->give_up)(libjpeg);
  }
  if (reader.count < reader.made_up) (*decoder->give_up)(libjpeg);
  decoder->reader = reader;
  return TRUE;
}

void fanfleet_entropy_take_over(j_decompress_ptr libjpeg, EntropyDecoder *decoder,
                                void (*give_up)(j_decompress_ptr libjpeg)) {
  if (libjpeg->progressive_mode || libjpeg->arith_code || libjpeg->restart_interval != 0) return;
  if (libjpeg->data_precision != 8 || jpeg_has_multiple_scans(libjpeg)) return;
  decoder->libjpegs = *libjpeg->entropy;
  decoder->libjpegs.decode_mcu = decode_mcu;
  decoder->give_up = give_up;
  decoder->reader.next = libjpeg->src->next_input_byte;
  decoder->reader.end = libjpeg->src->next_input_byte + libjpeg->src->bytes_in_buffer;
  unsigned built_dc = 0, built_ac = 0;
  for (int at = 0; at < libjpeg->comps_in_scan; at += 1) {
    int dc = libjpeg->cur_comp_info[at]->dc_tbl_no, ac = libjpeg->cur_comp_info[at]->ac_tbl_no;
    if (!(built_dc >> dc & 1)) build(&decoder->dc[dc], libjpeg->dc_huff_tbl_ptrs[dc], 1);
    if (!(built_ac >> ac & 1)) build(&decoder->ac[ac], libjpeg->ac_huff_tbl_ptrs[ac], 0);
    built_dc |= 1u << dc;
    built_ac |= 1u << ac;
  }
  libjpeg->entropy = &decoder->libjpegs;
}
