/* A faster encoder of Huffman codes for libjpeg. */
#ifndef FANFLEET_JPEG_HUFFMAN_H
#define FANFLEET_JPEG_HUFFMAN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

#if LIBJPEG_TURBO_VERSION_NUMBER / 1000 != 3001
#error "Expected libjpeg-turbo 3.1: compare the structure below with that of its jpegint.h."
#endif

/* As in libjpeg's jpegint.h, which is not installed with its headers. */
struct jpeg_entropy_encoder {
  void (*start_pass)(j_compress_ptr libjpeg, boolean gather_statistics);
  boolean (*encode_mcu)(j_compress_ptr libjpeg, JBLOCKROW *blocks);
  JDIMENSION (*encode_mcus)(j_compress_ptr libjpeg, void *differences, JDIMENSION row, JDIMENSION column,
                            JDIMENSION count);
  void (*finish_pass)(j_compress_ptr libjpeg);
};

/* The most bits of a code, and of a coefficient of 8-bit samples: a difference of DC (table F.1 of ITU-T T.81). */
#define MOST_CODE_BITS 16
#define MOST_COEFFICIENT_BITS 11

/* From the highest bit: the code, as many zeros as its coefficient has bits, and in LENGTH_BITS the length of both. */
typedef uint32_t Code;
#define LENGTH_BITS 5

typedef struct {
  /* The lowest `count` of `bits` have not been written yet. */
  uint64_t bits;
  uint32_t count;
  uint8_t *next;
} BitWriter;

typedef struct {
  struct jpeg_entropy_encoder libjpegs;
  /* Makes the memory larger by at least an MCU's; does not return if there is none. */
  void (*make_room)(j_compress_ptr libjpeg);
  BitWriter writer;
  /* The last DC coefficient of each component. */
  int last_dc[MAX_COMPS_IN_SCAN];
  /* By the bits of the DC coefficient; by 16 times the zeros before an AC coefficient and its bits. */
  Code dc[NUM_HUFF_TBLS][16];
  Code ac[NUM_HUFF_TBLS][256];
} HuffmanEncoder;

/* The bits of the widest vectors that are used where the processor has them; tests set fewer, or 0 for libjpeg's own. */
extern int fanfleet_huffman_widest;

/*
 * Let `encoder` write the codes of an image that libjpeg has started, if it is of a kind that it knows and the
 * processor has AVX2 and BMI2. The file is byte for byte that of libjpeg.
 */
void fanfleet_huffman_take_over(j_compress_ptr libjpeg, HuffmanEncoder *encoder,
                                void (*make_room)(j_compress_ptr libjpeg));

#endif
