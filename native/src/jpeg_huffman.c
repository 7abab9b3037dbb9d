/*
 * Writes the Huffman codes of sequential JPEG (ITU-T T.81, annex F.1.2), which is about a quarter of the work of
 * encoding a photograph.
 */
#include "jpeg_huffman.h"

int fanfleet_huffman_widest = 512;

#ifdef __x86_64__
#include "jpeg_block.h"
#include "jpeg_block_avx2.h"
#include "jpeg_block_avx512.h"

/* An MCU does not write more: each coefficient at its longest, a zero stuffed after each byte; what was left of a byte;
 * and the whole of the last store. */
#define MOST_BYTES_OF_MCU (2 * (C_MAX_BLOCKS_IN_MCU * DCTSIZE2 * MOST_PUT_BITS / 8 + 1) + 8)

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

/* Tell libjpeg that the file is written up to here. */
static INLINE void wrote(j_compress_ptr libjpeg, uint8_t *next) {
  libjpeg->dest->free_in_buffer -= (size_t)(next - libjpeg->dest->next_output_byte);
  libjpeg->dest->next_output_byte = next;
}

typedef void Order(Block *block, const JCOEF *from);
typedef BitWriter PutBlock(BitWriter writer, Block *block, int difference, const Code *dc, const Code *ac);

/* Write one MCU. */
static INLINE boolean encode_mcu(j_compress_ptr libjpeg, JBLOCKROW *blocks, Order order, PutBlock put) {
  HuffmanEncoder *encoder = (HuffmanEncoder *)libjpeg->entropy;
  if (libjpeg->dest->free_in_buffer < MOST_BYTES_OF_MCU) (*encoder->make_room)(libjpeg);
  BitWriter writer = encoder->writer;
  writer.next = libjpeg->dest->next_output_byte;
  for (int at = 0; at < libjpeg->blocks_in_MCU; at += 1) {
    int member = libjpeg->MCU_membership[at];
    const jpeg_component_info *info = libjpeg->cur_comp_info[member];
    Block block;
    (*order)(&block, blocks[at][0]);
    int difference = block.coefficients[0] - encoder->last_dc[member];
    encoder->last_dc[member] = block.coefficients[0];
    writer = (*put)(writer, &block, difference, encoder->dc[info->dc_tbl_no], encoder->ac[info->ac_tbl_no]);
  }
  wrote(libjpeg, writer.next);
  encoder->writer = writer;
  return TRUE;
}

TARGET_AVX2 static boolean encode_mcu_avx2(j_compress_ptr libjpeg, JBLOCKROW *blocks) {
  return encode_mcu(libjpeg, blocks, order_avx2, put_block);
}

TARGET_AVX512 static boolean encode_mcu_avx512(j_compress_ptr libjpeg, JBLOCKROW *blocks) {
  return encode_mcu(libjpeg, blocks, order_avx512, put_block_avx512);
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

static int has_avx2(void) {
  return fanfleet_huffman_widest >= 256 && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("avx2");
}

static int has_avx512(void) {
  return fanfleet_huffman_widest >= 512 && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}

void fanfleet_huffman_take_over(j_compress_ptr libjpeg, HuffmanEncoder *encoder,
                                void (*make_room)(j_compress_ptr libjpeg)) {
  if (!has_avx2()) return;
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
  encoder->libjpegs.encode_mcu = has_avx512() ? encode_mcu_avx512 : encode_mcu_avx2;
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
