/* Tables by which the Huffman codes of sequential JPEG (ITU-T T.81, annex F.2.2) are looked up. */
#ifndef FANFLEET_JPEG_CODES_H
#define FANFLEET_JPEG_CODES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

/* Codes of a DC coefficient of up to so many bits are found by one lookup. */
#define DC_LOOK_BITS 9
/* So many bits are looked up for AC coefficients. Fewer have two coefficients less often; tables for more take long to
 * fill, and leave less of the first-level cache to others. */
#define AC_LOOK_BITS 10
#define LONGEST_CODE 16
#define MOST_CODES 256
/* The most bits of a coefficient of 8-bit samples: tables F.1 and F.2. */
#define LARGEST_DC_SIZE 11
#define LARGEST_AC_SIZE 10

typedef struct {
  /* As in the file: how many codes there are of each length, and their values in order. */
  uint8_t lengths[LONGEST_CODE + 1];
  uint8_t values[MOST_CODES];
  /* 0 if the table is of no codes. */
  int is_built;
  /* To find any code: those of each length, followed by any bits up to 16, are below `limit`; a code and `offset` give the
   * place of its value in `values`. */
  uint32_t limit[LONGEST_CODE + 1];
  int offset[LONGEST_CODE + 1];
} HuffmanCodes;

typedef struct {
  HuffmanCodes codes;
  /* By the next DC_LOOK_BITS bits, from the lowest byte: bits of the code and its coefficient; bits of the code; 64 less
   * the bits of the coefficient. 0 for longer codes. */
  uint32_t entries[1 << DC_LOOK_BITS];
} DcTable;

/* What the next AC_LOOK_BITS bits begin with: one or two coefficients, or one and the end of the block. */
typedef struct {
  /* 0 where there is none. */
  int16_t first;
  int16_t second;
  /* That all of it takes; 0 where the bits of a coefficient are more, or those of its code. */
  uint8_t bits;
  /* The places of both, and of the next coefficient, seen from the one that is the next now. Where `bits` is 0: the zeros
   * before the coefficient, its size, and the length of its code, or 0 for one that is longer. */
  uint8_t to_first;
  uint8_t to_second;
  uint8_t to_next;
} AcEntry;

/* Leads from every place in a block behind all that other entries lead to. */
#define TO_END 128

typedef struct {
  AcEntry entries[1 << AC_LOOK_BITS];
  /* Whether there are two coefficients in an entry where they fit. */
  int is_joined;
  HuffmanCodes codes;
} AcTable;

/* Make a table for the codes of `from`, which libjpeg has checked, unless it is one already. Gives 0 if there are values
 * that 8-bit samples have no use for. Only for many codes it is worth the time to have coefficients `joined`. */
int fanfleet_dc_table(DcTable *table, const JHUFF_TBL *from);
int fanfleet_ac_table(AcTable *table, const JHUFF_TBL *from, int joined);

/* A code, and the value that it stands for; of length 0 for none. */
typedef struct {
  uint32_t length;
  uint32_t value;
} Found;

/* Find the code that `bits` begins with. */
Found fanfleet_find_code(const HuffmanCodes *codes, uint64_t bits);

uint32_t fanfleet_dc_entry(Found found);

#endif
