/*
 * What bounds the decoding is that a code must be known before the next one can be looked up. So a table has for the next
 * bits not a code but what comes of it, the coefficient's value included; and if the bits behind it are a whole code as
 * well, as they mostly are, the coefficient of that one too.
 */
#include "jpeg_codes.h"

#include <string.h>

#define SIXTEEN_ZEROS 0xf0
#define LARGEST_INDEX (1u << AC_LOOK_BITS)

/* Gives 1 for a table that has these codes, 0 for codes that it cannot have, and else -1, with all but the entries made. */
static int take(HuffmanCodes *codes, const JHUFF_TBL *from, uint32_t largest_size) {
  size_t count = 0;
  for (uint32_t length = 1; length <= LONGEST_CODE; length += 1) count += from->bits[length];
  if (count > MOST_CODES) return 0;
  if (codes->is_built && memcmp(codes->lengths + 1, from->bits + 1, LONGEST_CODE) == 0 &&
      memcmp(codes->values, from->huffval, count) == 0) {
    return 1;
  }
  codes->is_built = 0;
  for (size_t at = 0; at < count; at += 1) {
    if ((from->huffval[at] & 15u) > largest_size) return 0;
  }
  memcpy(codes->lengths, from->bits, sizeof codes->lengths);
  memcpy(codes->values, from->huffval, sizeof codes->values);
  /* The codes of each length follow those of the one before (annex C); libjpeg has checked that they fit. */
  uint32_t code = 0;
  int at = 0;
  for (uint32_t length = 1; length <= LONGEST_CODE; length += 1, code <<= 1) {
    codes->offset[length] = at - (int)code;
    code += codes->lengths[length];
    at += codes->lengths[length];
    codes->limit[length] = code << (LONGEST_CODE - length);
  }
  codes->is_built = 1;
  return -1;
}

__attribute__((noinline)) Found fanfleet_find_code(const HuffmanCodes *codes, uint64_t bits) {
  uint32_t next_16 = (uint32_t)(bits >> (64 - LONGEST_CODE));
  for (uint32_t length = 1; length <= LONGEST_CODE; length += 1) {
    if (next_16 >= codes->limit[length]) continue;
    int at = (int)(next_16 >> (LONGEST_CODE - length)) + codes->offset[length];
    return (Found){ length, codes->values[at & (MOST_CODES - 1)] };
  }
  return (Found){ 0, 0 };
}

uint32_t fanfleet_dc_entry(Found found) {
  uint32_t size = found.value & 15;
  return (64 - size) << 16 | found.length << 8 | (found.length + size);
}

int fanfleet_dc_table(DcTable *table, const JHUFF_TBL *from) {
  int taken = take(&table->codes, from, LARGEST_DC_SIZE);
  if (taken >= 0) return taken;
  uint32_t filled = 0;
  const uint8_t *value = table->codes.values;
  for (uint32_t length = 1; length <= DC_LOOK_BITS; length += 1) {
    for (uint32_t left = table->codes.lengths[length]; left > 0; left -= 1, value += 1) {
      uint32_t entry = fanfleet_dc_entry((Found){ length, *value });
      for (uint32_t end = filled + (1u << (DC_LOOK_BITS - length)); filled < end; filled += 1) {
        table->entries[filled] = entry;
      }
    }
  }
  memset(table->entries + filled, 0, sizeof table->entries - filled * sizeof *table->entries);
  return 1;
}

static AcEntry *repeat(AcEntry *to, AcEntry entry, uint32_t times) {
  for (; times > 0; times -= 1, to += 1) *to = entry;
  return to;
}

/* Fill in the entries that begin with a code, each with what belongs to this code alone. */
static AcEntry *fill_one(AcEntry *to, uint32_t length, uint32_t value) {
  uint32_t zeros = value >> 4, size = value & 15;
  uint32_t left = AC_LOOK_BITS - length;
  if (value == SIXTEEN_ZEROS) return repeat(to, (AcEntry){ 0, 0, (uint8_t)length, 15, 15, 16 }, 1u << left);
  /* libjpeg takes fewer than 15 zeros without a coefficient for the end as well. */
  if (size == 0) return repeat(to, (AcEntry){ 0, 0, (uint8_t)length, 0, 0, TO_END }, 1u << left);
  if (size > left) return repeat(to, (AcEntry){ 0, 0, 0, (uint8_t)zeros, (uint8_t)size, (uint8_t)length }, 1u << left);
  AcEntry entry = { 0, 0, (uint8_t)(length + size), (uint8_t)zeros, (uint8_t)(zeros + 1), (uint8_t)(zeros + 1) };
  /* Figure F.12: bits that begin with a zero are the complement of a negative one's. */
  for (int bits = 0; bits < 1 << size; bits += 1) {
    entry.first = (int16_t)(bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits);
    to = repeat(to, entry, 1u << (left - size));
  }
  return to;
}

_Static_assert(sizeof(AcEntry) == sizeof(uint64_t), "entries are added as words");

/* What is to be added to the entry of a coefficient with which this one is joined: no sum is too large for its part, and
 * `to_second` is at first the place behind the coefficient. */
static uint64_t addition_of(AcEntry entry) {
  AcEntry addition = { 0, entry.first, entry.bits, 0, entry.to_first, entry.to_next };
  uint64_t word;
  memcpy(&word, &addition, sizeof word);
  return word;
}

/* Join the entries of one coefficient each with what their other bits are, if that is all there. */
static void join(AcEntry *entries) {
  uint64_t additions[LARGEST_INDEX];
  uint8_t bits[LARGEST_INDEX];
  for (uint32_t at = 0; at < LARGEST_INDEX; at += 1) {
    AcEntry entry = entries[at];
    additions[at] = addition_of(entry);
    bits[at] = entry.to_next == 16 && entry.first == 0 ? 0 : entry.bits;
  }
  for (uint32_t at = 0; at < LARGEST_INDEX; at += 1) {
    uint32_t own = entries[at].bits, other = at << own & (LARGEST_INDEX - 1);
    /* Without branches, which nobody could foretell. */
    int is_there = (entries[at].first != 0) & (bits[other] != 0) & (own + bits[other] <= AC_LOOK_BITS);
    uint64_t word;
    memcpy(&word, &entries[at], sizeof word);
    word += additions[other] & -(uint64_t)is_there;
    memcpy(&entries[at], &word, sizeof word);
  }
}

/* Fill in the entries of one coefficient each. */
static void fill(AcTable *table) {
  AcEntry *to = table->entries;
  const uint8_t *value = table->codes.values;
  for (uint32_t length = 1; length <= AC_LOOK_BITS; length += 1) {
    for (uint32_t left = table->codes.lengths[length]; left > 0; left -= 1, value += 1) {
      to = fill_one(to, length, *value);
    }
  }
  memset(to, 0, (size_t)(table->entries + LARGEST_INDEX - to) * sizeof *to);
  table->is_joined = 0;
}

int fanfleet_ac_table(AcTable *table, const JHUFF_TBL *from, int joined) {
  int taken = take(&table->codes, from, LARGEST_AC_SIZE);
  if (taken == 0) return 0;
  if (taken < 0) fill(table);
  if (!joined || table->is_joined) return 1;
  join(table->entries);
  table->is_joined = 1;
  return 1;
}
