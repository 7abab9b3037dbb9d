/*
 * Decodes the Huffman codes of sequential JPEG (ITU-T T.81, annex F.2.2), which is most of the work of decoding. What
 * bounds it is in jpeg_codes.c.
 */
#include "jpeg_entropy.h"

#include <string.h>

/* Where the n-th coefficient in the order of the file is in a block (figure A.6). Zeros of damaged data, and what follows
 * the last coefficient, may lead past its end: as in libjpeg, that is the last place. */
static const uint8_t NATURAL_ORDER[TO_END + 2 * DCTSIZE2] = {
  0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48, 41, 34,
  27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
  58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63,
  63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
};

/* The codes of smaller images take no longer to decode one by one than tables with two of them to make. */
#define PIXELS_FOR_JOINED (1 << 15)

#define INLINE inline __attribute__((always_inline))

/* Begin with the data from `from` on, which may be that of a restart interval. */
static void begin(EntropyDecoder *decoder, const uint8_t *from, unsigned interval) {
  decoder->reader = fanfleet_window_begin(&decoder->window, from);
  decoder->restarts_to_go = interval;
  memset(decoder->last_dc, 0, sizeof decoder->last_dc);
}

/* Begin the next restart interval (F.2.1.3.1). Gives 0 unless its marker is where it must be. */
static int restart(EntropyDecoder *decoder, unsigned interval) {
  const uint8_t *marker = decoder->window.from;
  if (!decoder->window.ended || decoder->window.from_end - marker < 2) return 0;
  if (marker[1] != JPEG_RST0 + decoder->next_restart) return 0;
  begin(decoder, marker + 2, interval);
  decoder->next_restart = (decoder->next_restart + 1) & 7;
  return 1;
}

static INLINE BitReader skip(BitReader reader, uint32_t bits) {
  reader.bits <<= bits;
  reader.count -= bits;
  return reader;
}

/* The coefficient of `size` bits, at least one, that follows a code of so many (F.2.2.1, figure F.12): bits that begin with
 * a zero are the complement of a negative one's. */
static INLINE int coefficient(BitReader reader, uint32_t length, uint32_t not_size) {
  uint64_t bits = reader.bits << (length & 63);
  uint64_t negative = ~(uint64_t)((int64_t)bits >> 63);
  uint64_t magnitude = (bits ^ negative) >> (not_size & 63);
  return (int)((magnitude ^ negative) - negative);
}

/* Decode the difference of the DC coefficient (F.2.2.1). Gives 0 for data that is not sound. */
static INLINE int decode_dc(BitReader *from, const DcTable *table, uint32_t *last) {
  BitReader reader = load(*from);
  uint32_t entry = table->entries[reader.bits >> (64 - DC_LOOK_BITS)];
  if (__builtin_expect(entry == 0, 0)) {
    Found found = fanfleet_find_code(&table->codes, reader.bits);
    if (found.length == 0) return 0;
    entry = fanfleet_dc_entry(found);
  }
  uint32_t not_size = entry >> 16;
  if (not_size < 64) *last += (uint32_t)coefficient(reader, entry >> 8, not_size);
  *from = skip(reader, entry & 0xff);
  return 1;
}

/* What was loaded is enough for so many entries of the table. */
#define LOOKUPS_PER_LOAD 4
_Static_assert(LOOKUPS_PER_LOAD * AC_LOOK_BITS <= 56, "all bits of the last lookup were loaded");

#define END_OF_ORDER (NATURAL_ORDER + DCTSIZE2)
#define USUAL_ENDS (END_OF_ORDER + TO_END - DCTSIZE2)

typedef struct {
  BitReader reader;
  /* In NATURAL_ORDER, of the next coefficient. */
  const uint8_t *next;
} Place;

/* Decode a code that is longer than those of the table. Gives 0 for data that is not sound. */
static __attribute__((noinline)) int decode_long(Place *place, const AcTable *table, JCOEF *block) {
  BitReader reader = place->reader;
  Found found = fanfleet_find_code(&table->codes, reader.bits);
  if (found.length == 0) return 0;
  uint32_t zeros = found.value >> 4, size = found.value & 15;
  place->reader = skip(reader, found.length + size);
  if (size == 0) {
    place->next += zeros == 15 ? 16 : TO_END;
    return 1;
  }
  block[place->next[zeros]] = (JCOEF)coefficient(reader, found.length, 64 - size);
  place->next += zeros + 1;
  return 1;
}

/* The block ended with this entry of `bits`, which leads to `next`, and not in the usual way. Gives how many bits it took,
 * or 0 for data that is not sound. */
static __attribute__((noinline)) uint32_t end_unusually(const AcEntry *entry, uint64_t bits, const uint8_t *next,
                                                        const AcTable *table) {
  if (next == END_OF_ORDER) return entry->bits;
  /* Zeros lead past it: only behind a coefficient an end is unusual. */
  if (entry->first == 0) return 0;
  if (next - entry->to_next + entry->to_first != END_OF_ORDER - 1) return 0;
  /* What was taken for a second code belongs to the next block. */
  Found found = fanfleet_find_code(&table->codes, bits);
  return found.length + (found.value & 15);
}

static INLINE const AcEntry *look_up(const AcTable *table, BitReader reader) {
#ifdef __wasm__
  /* So that no instruction is needed for the size of an entry: addresses of WebAssembly have none built in. */
  const size_t size = sizeof *table->entries, end = size << AC_LOOK_BITS;
  uint64_t offset = reader.bits >> (64 - AC_LOOK_BITS - 3) & (end - size);
  __asm__("" : "+r"(offset));
  return (const AcEntry *)((const uint8_t *)table->entries + offset);
#else
  return &table->entries[reader.bits >> (64 - AC_LOOK_BITS)];
#endif
}

/* Decode the other coefficients of a block of zeros (F.2.2.2). Gives 0 for data that is not sound. */
static INLINE int decode_ac(BitReader *from, const AcTable *table, JCOEF *block) {
  BitReader reader = *from;
  const uint8_t *next = NATURAL_ORDER + 1;
  for (;;) {
    reader = load(reader);
    for (int times = 0; times < LOOKUPS_PER_LOAD; times += 1) {
      const AcEntry *entry = look_up(table, reader);
      uint32_t taken = entry->bits;
      if (__builtin_expect(taken == 0, 0)) {
        reader = load(reader);
        if (__builtin_expect(entry->to_next != 0, 1)) {
          block[next[entry->to_first]] = (JCOEF)coefficient(reader, entry->to_next, 64u - entry->to_second);
          reader = skip(reader, entry->to_next + (uint32_t)entry->to_second);
          next += entry->to_first + 1;
        } else {
          /* Of a copy the address may be known, so that the other can be in registers. */
          Place place = { reader, next };
          if (!decode_long(&place, table, block)) return 0;
          reader = place.reader;
          next = place.next;
        }
        if (next < END_OF_ORDER) break;
        *from = reader;
        return next == END_OF_ORDER || next >= USUAL_ENDS;
      }
      uint64_t bits = reader.bits;
      /* In this order, as without a second one its place may be the same as that of the first. */
      block[next[entry->to_second]] = entry->second;
      block[next[entry->to_first]] = entry->first;
      reader = skip(reader, taken);
      next += entry->to_next;
      if (next < END_OF_ORDER) continue;
      if (__builtin_expect(next < USUAL_ENDS || next >= USUAL_ENDS + DCTSIZE2, 0)) {
        reader.count += taken;
        taken = end_unusually(entry, bits, next, table);
        if (taken == 0) return 0;
        reader.bits = bits;
        reader = skip(reader, taken);
      }
      *from = reader;
      return 1;
    }
  }
}

/* Decode one MCU to blocks of zeros. */
static INLINE boolean decode(j_decompress_ptr libjpeg, JBLOCKROW *blocks) {
  EntropyDecoder *decoder = (EntropyDecoder *)libjpeg->entropy;
  Window *window = &decoder->window;
  if (libjpeg->restart_interval != 0) {
    if (decoder->restarts_to_go == 0 && !restart(decoder, libjpeg->restart_interval)) goto unsound;
    decoder->restarts_to_go -= 1;
  }
  BitReader reader = decoder->reader;
  if (!window->ended && reader.next - window->end < MOST_BYTES_OF_MCU) reader = fanfleet_window_fill(window, reader);
  for (int at = 0; at < libjpeg->blocks_in_MCU; at += 1) {
    JCOEF *block = blocks[at][0];
    uint32_t *last = &decoder->last_dc[libjpeg->MCU_membership[at]];
    if (!decode_dc(&reader, decoder->dc_of[at], last)) goto unsound;
    block[0] = (JCOEF)*last;
    if (!decode_ac(&reader, decoder->ac_of[at], block)) goto unsound;
  }
  decoder->reader = reader;
  /* The zeros behind the end were read as if they were data. */
  if ((reader.next - window->end) * 8 + reader.count < 0) goto unsound;
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
  int joined = (uint64_t)libjpeg->image_width * libjpeg->image_height >= PIXELS_FOR_JOINED;
  for (int at = 0; at < libjpeg->comps_in_scan; at += 1) {
    const jpeg_component_info *info = libjpeg->cur_comp_info[at];
    int dc = info->dc_tbl_no, ac = info->ac_tbl_no;
    if (!fanfleet_dc_table(&decoder->dc[dc], libjpeg->dc_huff_tbl_ptrs[dc])) return;
    if (!fanfleet_ac_table(&decoder->ac[ac], libjpeg->ac_huff_tbl_ptrs[ac], joined)) return;
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
  decoder->window.from_end = libjpeg->src->next_input_byte + libjpeg->src->bytes_in_buffer;
  begin(decoder, libjpeg->src->next_input_byte, libjpeg->restart_interval);
  decoder->next_restart = 0;
  libjpeg->entropy = &decoder->libjpegs;
}
