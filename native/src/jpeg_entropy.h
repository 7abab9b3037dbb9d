/* A faster decoder of Huffman codes for libjpeg. */
#ifndef FANFLEET_JPEG_ENTROPY_H
#define FANFLEET_JPEG_ENTROPY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

/* As in libjpeg's jpegint.h, which is not installed with its headers. */
struct jpeg_entropy_decoder {
  void (*start_pass)(j_decompress_ptr libjpeg);
  boolean (*decode_mcu)(j_decompress_ptr libjpeg, JBLOCKROW *blocks);
  JDIMENSION (*decode_mcus)(j_decompress_ptr libjpeg, void *differences, JDIMENSION row, JDIMENSION column,
                            JDIMENSION count);
  boolean (*process_restart)(j_decompress_ptr libjpeg);
  boolean insufficient_data;
};

/* Codes of so many bits are looked up at once, with the bits of the coefficient behind them if they fit, too. */
#define LOOK_BITS 10
#define LONGEST_CODE 16

typedef struct {
  /* By the next LOOK_BITS bits: see ENTRY in jpeg_entropy.c. */
  uint32_t entries[1 << LOOK_BITS];
  /* For longer codes: those of each length, followed by any bits up to 16, are below `limit`; a code and `offset` give
   * the place of its value. */
  uint32_t limit[LONGEST_CODE + 1];
  int offset[LONGEST_CODE + 1];
  uint8_t values[256];
} HuffmanTable;

typedef struct {
  const uint8_t *next;
  const uint8_t *end;
  /* The bits that come before `next`, the first one highest, and how many of them there are. */
  uint64_t bits;
  int count;
  /* So many of the last of them are behind the end of the data, and made up. */
  int made_up;
} BitReader;

typedef struct {
  struct jpeg_entropy_decoder libjpegs;
  void (*give_up)(j_decompress_ptr libjpeg);
  BitReader reader;
  /* The last DC coefficient of each component. */
  int last_dc[MAX_COMPS_IN_SCAN];
  HuffmanTable dc[NUM_HUFF_TBLS];
  HuffmanTable ac[NUM_HUFF_TBLS];
} EntropyDecoder;

/*
 * Let `decoder` decode the codes of an image that libjpeg has started, if it is of a kind that it knows and all the
 * data is in memory. It calls `give_up`, which must not return, for data that is not sound in every detail.
 */
void fanfleet_entropy_take_over(j_decompress_ptr libjpeg, EntropyDecoder *decoder,
                                void (*give_up)(j_decompress_ptr libjpeg));

#endif
