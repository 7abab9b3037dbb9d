/* A faster decoder of Huffman codes for libjpeg. */
#ifndef FANFLEET_JPEG_ENTROPY_H
#define FANFLEET_JPEG_ENTROPY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

#if LIBJPEG_TURBO_VERSION_NUMBER / 1000 != 3001
#error "Expected libjpeg-turbo 3.1: compare the structure below with that of its jpegint.h."
#endif

/* As in libjpeg's jpegint.h, which is not installed with its headers. */
struct jpeg_entropy_decoder {
  void (*start_pass)(j_decompress_ptr libjpeg);
  boolean (*decode_mcu)(j_decompress_ptr libjpeg, JBLOCKROW *blocks);
  JDIMENSION (*decode_mcus)(j_decompress_ptr libjpeg, void *differences, JDIMENSION row, JDIMENSION column,
                            JDIMENSION count);
  boolean (*process_restart)(j_decompress_ptr libjpeg);
  boolean insufficient_data;
};

/* Codes of up to so many bits are found by one lookup. With 8 too many are longer; with 11 tables take long to fill. */
#define LOOK_BITS 9
#define LONGEST_CODE 16
/* The most bits of a coefficient of 8-bit samples: tables F.1 and F.2. */
#define LARGEST_DC_SIZE 11
#define LARGEST_AC_SIZE 10

/* An MCU does not read more, not even in damaged data: the most that its codes can take; eight bytes that are loaded
 * ahead of them; eight of the last load; and eight for the end of the data, behind which it may begin. */
#define MOST_BYTES_OF_MCU (D_MAX_BLOCKS_IN_MCU * DCTSIZE2 * (LONGEST_CODE + LARGEST_DC_SIZE) / 8 + 3 * 8)
#define WINDOW_BYTES (16 * 1024)

typedef struct {
  /* By the next LOOK_BITS bits: see `entry_of` in jpeg_entropy.c. */
  uint32_t entries[1 << LOOK_BITS];
  /* For longer codes: those of each length, followed by any bits up to 16, are below `limit`; a code and `offset` give
   * the place of its value in `values`, which are libjpeg's. */
  uint32_t limit[LONGEST_CODE + 1];
  int offset[LONGEST_CODE + 1];
  const UINT8 *values;
} HuffmanTable;

typedef struct {
  /* The next byte in the window. */
  const uint8_t *next;
  /* The bits that come before `next`, the first one highest. There are `count`; below them may already be some of those
   * that follow, but never others. */
  uint64_t bits;
  int64_t count;
} BitReader;

typedef struct {
  struct jpeg_entropy_decoder libjpegs;
  void (*give_up)(j_decompress_ptr libjpeg);
  BitReader reader;
  /* What of the file has not come into the window yet. */
  const uint8_t *from;
  const uint8_t *from_end;
  /* The end of the data in the window, and whether a marker or the end of the file follows. */
  const uint8_t *end;
  int ended;
  /* MCUs left in the restart interval, and the number of the marker behind it. */
  unsigned restarts_to_go;
  int next_restart;
  /* The last DC coefficient of each component. */
  uint32_t last_dc[MAX_COMPS_IN_SCAN];
  /* The tables of each block of an MCU, and all of them. */
  const HuffmanTable *dc_of[D_MAX_BLOCKS_IN_MCU];
  const HuffmanTable *ac_of[D_MAX_BLOCKS_IN_MCU];
  HuffmanTable dc[NUM_HUFF_TBLS];
  HuffmanTable ac[NUM_HUFF_TBLS];
  /* Data without the zero bytes that are stuffed into it; behind its end so many zeros that no MCU reads past them. */
  uint8_t window[WINDOW_BYTES + MOST_BYTES_OF_MCU];
} EntropyDecoder;

/*
 * Let `decoder` decode the codes of an image that libjpeg has started, if it is of a kind that it knows and all the
 * data is in memory. It calls `give_up`, which must not return, for data that is not sound in every detail.
 */
void fanfleet_entropy_take_over(j_decompress_ptr libjpeg, EntropyDecoder *decoder,
                                void (*give_up)(j_decompress_ptr libjpeg));

#endif
