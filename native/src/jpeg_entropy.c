/*
 * Decodes the Huffman codes of sequential JPEG (ITU-T T.81, annex F.2.2), which is most of the work of decoding.
 *
 * What bounds it is that a code must be known before the next one can be looked up. So there is little else between two
 * lookups than a shift: an entry has the length of a code together with the bits of its coefficient, whose value is
 * computed meanwhile; the next entry is looked up before bits are loaded; and these are loaded eight bytes at once from
 * a window of the data from which stuffed bytes were removed, which needs no test for markers or the end.
 */
#include "jpeg_entropy.h"

#include <string.h>

/* Where the n-th coefficient in the order of the file is in a block (figure A.6). Zeros of damaged data may lead past its
 * end: as in libjpeg, that is the last place. */
static const uint8_t NATURAL_ORDER[DCTSIZE2 + 16] = {
  0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13,
  6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31,
  39, 46, 53, 60, 61, 54, 47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
};

/*
 * An entry, from the lowest byte: bits of the code and its coefficient; bits of the code; 64 less the bits of the
 * coefficient; zeros before it. With SPECIAL the third byte says what comes instead of a coefficient.
 */
#define SPECIAL ((uint32_t)1 << 31)
enum { NO_SHORT_CODE, END_OF_BLOCK, SIXTEEN_ZEROS };

static inline uint32_t third_byte(uint32_t entry) { return entry >> 16 & 0xff; }

/* The entry of the code of `length` bits with this value. */
static uint32_t entry_of(uint32_t value, uint32_t length, int is_dc) {
  uint32_t zeros = is_dc ? 0 : value >> 4;
  uint32_t size = value & 15;
  if (is_dc || size > 0) return zeros << 24 | (64 - size) << 16 | length << 8 | (length + size);
  /* libjpeg takes fewer than 15 zeros without a coefficient for the end as well. */
  return SPECIAL | (uint32_t)(zeros == 15 ? SIXTEEN_ZEROS : END_OF_BLOCK) << 16 | length << 8 | length;
}

/* The codes of each length follow those of the one before (annex C); libjpeg has checked that they fit. Gives 0 if
 * there are values that 8-bit samples have no use for. */
static int build(HuffmanTable *table, const JHUFF_TBL *from, int is_dc) {
  uint32_t code = 0;
  uint32_t filled = 0;
  int at = 0;
  table->values = from->huffval;
  for (uint32_t length = 1; length <= LONGEST_CODE; length += 1, code <<= 1) {
    table->offset[length] = at - (int)code;
    for (int left = from->bits[length]; left > 0; left -= 1, at += 1, code += 1) {
      uint32_t value = from->huffval[at];
      if ((value & 15) > (is_dc ? LARGEST_DC_SIZE : LARGEST_AC_SIZE)) return 0;
      if (length > LOOK_BITS) continue;
      uint32_t entry = entry_of(value, length, is_dc);
      for (uint32_t end = filled + (1u << (LOOK_BITS - length)); filled < end; filled += 1) {
        table->entries[filled] = entry;
      }
    }
    table->limit[length] = code << (LONGEST_CODE - length);
  }
  for (; filled < 1 << LOOK_BITS; filled += 1) table->entries[filled] = SPECIAL | NO_SHORT_CODE << 16;
  return 1;
}

/* Bring more data into the window, up to the next marker. */
static __attribute__((noinline)) void fill(EntropyDecoder *decoder) {
  size_t kept = (size_t)(decoder->end - decoder->reader.next);
  memmove(decoder->window, decoder->reader.next, kept);
  decoder->reader.next = decoder->window;
  uint8_t *to = decoder->window + kept;
  const uint8_t *limit = decoder->window + WINDOW_BYTES;
  while (!decoder->ended && to < limit) {
    size_t room = (size_t)(limit - to);
    size_t left = (size_t)(decoder->from_end - decoder->from);
    if (room > left) room = left;
    const uint8_t *from = decoder->from;
    const uint8_t *stop = memchr(from, 0xff, room);
    size_t plain = stop == NULL ? room : (size_t)(stop - from);
    memcpy(to, from, plain);
    to += plain;
    decoder->from += plain;
    if (stop == NULL) {
      decoder->ended = decoder->from == decoder->from_end;
    } else if (stop + 1 < decoder->from_end && stop[1] == 0) {
      *to = 0xff;
      to += 1;
      decoder->from += 2;
    } else {
      decoder->ended = 1;
    }
  }
  decoder->end = to;
  memset(to, 0, MOST_BYTES_OF_MCU);
}

/* Begin the next restart interval (F.2.1.3.1). Gives 0 unless its marker is where it must be. */
static int restart(EntropyDecoder *decoder, unsigned interval) {
  const uint8_t *marker = decoder->from;
  if (!decoder->ended || decoder->from_end - marker < 2 || marker[1] != JPEG_RST0 + decoder->next_restart) return 0;
  decoder->from = marker + 2;
  decoder->next_restart = (decoder->next_restart + 1) & 7;
  decoder->restarts_to_go = interval;
  decoder->reader = (BitReader){ .next = decoder->window };
  decoder->end = decoder->window;
  decoder->ended = 0;
  memset(decoder->last_dc, 0, sizeof decoder->last_dc);
  return 1;
}

#define INLINE inline __attribute__((always_inline))

/* Have at least 56 bits of `count`, and all of `bits` filled. */
static INLINE BitReader load(BitReader reader) {
  const uint8_t *next = reader.next;
  uint64_t word = (uint64_t)next[0] << 56 | (uint64_t)next[1] << 48 | (uint64_t)next[2] << 40 |
                  (uint64_t)next[3] << 32 | (uint64_t)next[4] << 24 | (uint64_t)next[5] << 16 |
                  (uint64_t)next[6] << 8 | (uint64_t)next[7];
  /* The bits of a byte that is not whole are loaded again the next time, which changes nothing. */
  reader.bits |= word >> reader.count;
  reader.next += (63 - reader.count) >> 3;
  reader.count |= 56;
  return reader;
}

static INLINE BitReader skip(BitReader reader, uint32_t entry) {
  reader.bits <<= entry & 63;
  reader.count -= (uint8_t)entry;
  return reader;
}

static INLINE uint32_t look_up(const HuffmanTable *table, BitReader reader) {
  return table->entries[reader.bits >> (64 - LOOK_BITS)];
}

/* Find a code longer than LOOK_BITS. Gives its entry, or 0 if there is none. */
static __attribute__((noinline)) uint32_t find_long_code(const HuffmanTable *table, uint64_t bits, int is_dc) {
  uint32_t next_16 = (uint32_t)(bits >> (64 - LONGEST_CODE));
  for (uint32_t length = LOOK_BITS + 1; length <= LONGEST_CODE; length += 1) {
    if (next_16 >= table->limit[length]) continue;
    int at = (int)(next_16 >> (LONGEST_CODE - length)) + table->offset[length];
    return entry_of(table->values[at & 0xff], length, is_dc);
  }
  return 0;
}

/* The coefficient of at least one bit that follows the code of this entry (F.2.2.1, figure F.12): bits that begin with
 * a zero are the complement of a negative one's. */
static INLINE int coefficient(BitReader reader, uint32_t entry) {
  uint64_t bits = reader.bits << (entry >> 8 & 63);
  uint64_t negative = ~(uint64_t)((int64_t)bits >> 63);
  uint64_t magnitude = (bits ^ negative) >> (entry >> 16 & 63);
  return (int)((magnitude ^ negative) - negative);
}

/* Decode the difference of the DC coefficient (F.2.2.1). Gives 0 for data that is not sound. */
static INLINE int decode_dc(BitReader *from, const HuffmanTable *table, uint32_t *last) {
  BitReader reader = load(*from);
  uint32_t entry = look_up(table, reader);
  if (entry & SPECIAL) entry = find_long_code(table, reader.bits, 1);
  if (entry == 0) return 0;
  if (third_byte(entry) < 64) *last += (uint32_t)coefficient(reader, entry);
  *from = skip(reader, entry);
  return 1;
}

typedef struct {
  BitReader reader;
  /* What comes next in `reader`. */
  uint32_t entry;
  /* The number of the next coefficient. */
  size_t at;
} Place;

enum { UNSOUND, INSIDE, ENDED };

_Static_assert(2 * (LONGEST_CODE + LARGEST_AC_SIZE) <= 56, "what was loaded is enough for two codes");
_Static_assert(2 * (LONGEST_CODE + LARGEST_AC_SIZE) + LOOK_BITS <= 64, "and to look up the next one");

/* Decode one code and the coefficient that belongs to it (figure F.13), and look up the next. */
static INLINE int decode_code(Place *place, const HuffmanTable *table, JCOEF *block) {
  BitReader reader = place->reader;
  uint32_t entry = place->entry;
  if (__builtin_expect((entry & SPECIAL) != 0, 0)) {
    if (third_byte(entry) == NO_SHORT_CODE) entry = find_long_code(table, reader.bits, 0);
    if (entry == 0) return UNSOUND;
    if (entry & SPECIAL) {
      place->reader = skip(reader, entry);
      if (third_byte(entry) == END_OF_BLOCK) return ENDED;
      place->entry = look_up(table, place->reader);
      place->at += 16;
      return INSIDE;
    }
  }
  place->reader = skip(reader, entry);
  place->entry = look_up(table, place->reader);
  place->at += entry >> 24;
  block[NATURAL_ORDER[place->at]] = (JCOEF)coefficient(reader, entry);
  place->at += 1;
  return INSIDE;
}

/* Decode the other coefficients of a block of zeros (F.2.2.2). Gives 0 for data that is not sound. */
static INLINE int decode_ac(BitReader *from, const HuffmanTable *table, JCOEF *block) {
  Place place = { .reader = load(*from), .at = 1 };
  int state = INSIDE;
  place.entry = look_up(table, place.reader);
  while (place.at < DCTSIZE2) {
    state = decode_code(&place, table, block);
    if (state != INSIDE || place.at >= DCTSIZE2) break;
    state = decode_code(&place, table, block);
    if (state != INSIDE) break;
    place.reader = load(place.reader);
  }
  *from = place.reader;
  return state != UNSOUND;
}

/* Decode one MCU to blocks of zeros. */
static INLINE boolean decode(j_decompress_ptr libjpeg, JBLOCKROW *blocks) {
  EntropyDecoder *decoder = (EntropyDecoder *)libjpeg->entropy;
  if (libjpeg->restart_interval != 0) {
    if (decoder->restarts_to_go == 0 && !restart(decoder, libjpeg->restart_interval)) goto unsound;
    decoder->restarts_to_go -= 1;
  }
  if (!decoder->ended && decoder->end - decoder->reader.next < MOST_BYTES_OF_MCU) fill(decoder);
  BitReader reader = decoder->reader;
  for (int at = 0; at < libjpeg->blocks_in_MCU; at += 1) {
    JCOEF *block = blocks[at][0];
    uint32_t *last = &decoder->last_dc[libjpeg->MCU_membership[at]];
    if (!decode_dc(&reader, decoder->dc_of[at], last)) goto unsound;
    block[0] = (JCOEF)*last;
    if (!decode_ac(&reader, decoder->ac_of[at], block)) goto unsound;
  }
  decoder->reader = reader;
  /* The zeros behind the end were read as if they were data. */
  if ((decoder->end - reader.next) * 8 + reader.count < 0) goto unsound;
  return TRUE;

unsound:
  (*decoder->give_up)(libjpeg);
  return FALSE;
}

static boolean decode_mcu(j_decompress_ptr libjpeg, JBLOCKROW *blocks) { return decode(libjpeg, blocks); }

#ifdef __x86_64__
/* With shifts by any register that leave the flags alone: 7 % faster. */
__attribute__((target("bmi,bmi2"))) static boolean decode_mcu_bmi2(j_decompress_ptr libjpeg, JBLOCKROW *blocks) {
  return decode(libjpeg, blocks);
}
#endif

void fanfleet_entropy_take_over(j_decompress_ptr libjpeg, EntropyDecoder *decoder,
                                void (*give_up)(j_decompress_ptr libjpeg)) {
  if (libjpeg->progressive_mode || libjpeg->arith_code) return;
  /* Lossless has others, and a decoder with more functions. */
  if (libjpeg->Ss != 0 || libjpeg->Se != DCTSIZE2 - 1 || libjpeg->Ah != 0 || libjpeg->Al != 0) return;
  if (libjpeg->data_precision != 8 || jpeg_has_multiple_scans(libjpeg)) return;
  for (int at = 0; at < libjpeg->comps_in_scan; at += 1) {
    const jpeg_component_info *info = libjpeg->cur_comp_info[at];
    HuffmanTable *dc = &decoder->dc[info->dc_tbl_no];
    HuffmanTable *ac = &decoder->ac[info->ac_tbl_no];
    /* Components may have a table in common. */
    if (dc->values == NULL && !build(dc, libjpeg->dc_huff_tbl_ptrs[info->dc_tbl_no], 1)) return;
    if (ac->values == NULL && !build(ac, libjpeg->ac_huff_tbl_ptrs[info->ac_tbl_no], 0)) return;
  }
  for (int at = 0; at < libjpeg->blocks_in_MCU; at += 1) {
    const jpeg_component_info *info = libjpeg->cur_comp_info[libjpeg->MCU_membership[at]];
    decoder->dc_of[at] = &decoder->dc[info->dc_tbl_no];
    decoder->ac_of[at] = &decoder->ac[info->ac_tbl_no];
  }
  decoder->libjpegs = *libjpeg->entropy;
  decoder->libjpegs.decode_mcu = decode_mcu;
#ifdef __x86_64__
  if (__builtin_cpu_supports("bmi2")) decoder->libjpegs.decode_mcu = decode_mcu_bmi2;
#endif
  decoder->give_up = give_up;
  decoder->from = libjpeg->src->next_input_byte;
  decoder->from_end = decoder->from + libjpeg->src->bytes_in_buffer;
  decoder->reader = (BitReader){ .next = decoder->window };
  decoder->end = decoder->window;
  decoder->restarts_to_go = libjpeg->restart_interval;
  libjpeg->entropy = &decoder->libjpegs;
}
