/* A faster decoder of Huffman codes for libjpeg. */
#ifndef FANFLEET_JPEG_ENTROPY_H
#define FANFLEET_JPEG_ENTROPY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

#include "jpeg_codes.h"
#include "jpeg_window.h"

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

typedef struct {
  struct jpeg_entropy_decoder libjpegs;
  void (*give_up)(j_decompress_ptr libjpeg);
  BitReader reader;
  /* MCUs left in the restart interval, and the number of the marker behind it. */
  unsigned restarts_to_go;
  int next_restart;
  /* The last DC coefficient of each component. */
  uint32_t last_dc[MAX_COMPS_IN_SCAN];
  /* The tables of each block of an MCU, and all of them. These stay for the next image, which mostly has the same. */
  const DcTable *dc_of[D_MAX_BLOCKS_IN_MCU];
  const AcTable *ac_of[D_MAX_BLOCKS_IN_MCU];
  DcTable dc[NUM_HUFF_TBLS];
  AcTable ac[NUM_HUFF_TBLS];
  Window window;
} EntropyDecoder;

/*
 * Let `decoder` decode the codes of an image that libjpeg has started, if it is of a kind that it knows and all the
 * data is in memory. It has had other images before, or is all zeros. It calls `give_up`, which must not return, for data
 * that is not sound in every detail.
 */
void fanfleet_entropy_take_over(j_decompress_ptr libjpeg, EntropyDecoder *decoder,
                                void (*give_up)(j_decompress_ptr libjpeg));

#endif
