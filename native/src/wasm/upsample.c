/*
 * libjpeg's "fancy" upsampling of components at half the width, or half of both sides, with WebAssembly's SIMD: a sample
 * is three quarters of the nearest and a quarter of the next one, each way. Bit for bit what jdsample.c does.
 */
#include "jpeg_simd.h"

/* Narrower rows are left to libjpeg: the vectors read a sample on both sides of sixteen. */
#define LEAST_WIDTH 18

/* (3 * near + far) of eight samples. */
static INLINE v128_t three_and_one(v128_t near, v128_t far) {
  return wasm_i16x8_add(wasm_i16x8_add(wasm_i16x8_shl(near, 1), near), far);
}

/* Sixteen samples become 32: `even` and `odd` are of the first and last eight. */
static INLINE void store_pairs(uint8_t *to, v128_t even_low, v128_t odd_low, v128_t even_high, v128_t odd_high) {
  wasm_v128_store(to, wasm_v128_or(even_low, wasm_i16x8_shl(odd_low, 8)));
  wasm_v128_store(to + 16, wasm_v128_or(even_high, wasm_i16x8_shl(odd_high, 8)));
}

static INLINE v128_t low(v128_t samples) { return wasm_u16x8_extend_low_u8x16(samples); }
static INLINE v128_t high(v128_t samples) { return wasm_u16x8_extend_high_u8x16(samples); }

/* Divided by 2^bits, after `bias` was added. */
static INLINE v128_t rounded(v128_t sum, v128_t bias, uint32_t bits) {
  return wasm_u16x8_shr(wasm_i16x8_add(sum, bias), bits);
}

/* Where the vector behind `at` begins, so that the last one ends before the last sample. Some are done twice. */
static INLINE int next(int at, int width) {
  int following = at + 16;
  return following < width - 1 && following > width - 17 ? width - 17 : following;
}

static void upsample_row_by_width(const uint8_t *row, uint8_t *to, int width) {
  v128_t one = held(wasm_i16x8_splat(1)), two = held(wasm_i16x8_splat(2));
  for (int at = 1; at < width - 1; at = next(at, width)) {
    v128_t here = wasm_v128_load(row + at);
    v128_t left = wasm_v128_load(row + at - 1);
    v128_t right = wasm_v128_load(row + at + 1);
    store_pairs(to + 2 * at, rounded(three_and_one(low(here), low(left)), one, 2),
                rounded(three_and_one(low(here), low(right)), two, 2),
                rounded(three_and_one(high(here), high(left)), one, 2),
                rounded(three_and_one(high(here), high(right)), two, 2));
  }
  to[0] = row[0];
  to[1] = (uint8_t)((3 * row[0] + row[1] + 2) >> 2);
  to[2 * width - 2] = (uint8_t)((3 * row[width - 1] + row[width - 2] + 1) >> 2);
  to[2 * width - 1] = row[width - 1];
}

static void upsample_by_width(j_decompress_ptr libjpeg, jpeg_component_info *component, JSAMPARRAY rows,
                              JSAMPARRAY *to) {
  for (int row = 0; row < libjpeg->max_v_samp_factor; row += 1) {
    upsample_row_by_width(rows[row], (*to)[row], (int)component->downsampled_width);
  }
}

/* Sums of the row with the one above or below, of sixteen samples. */
typedef struct {
  v128_t low;
  v128_t high;
} Sums;

static INLINE Sums sums_of(const uint8_t *near, const uint8_t *far, int at) {
  v128_t nears = wasm_v128_load(near + at);
  v128_t fars = wasm_v128_load(far + at);
  return (Sums){ three_and_one(low(nears), low(fars)), three_and_one(high(nears), high(fars)) };
}

static INLINE int sum_of(const uint8_t *near, const uint8_t *far, int at) { return 3 * near[at] + far[at]; }

static void upsample_row_by_both(const uint8_t *near, const uint8_t *far, uint8_t *to, int width) {
  v128_t seven = held(wasm_i16x8_splat(7)), eight = held(wasm_i16x8_splat(8));
  for (int at = 1; at < width - 1; at = next(at, width)) {
    Sums here = sums_of(near, far, at);
    Sums left = sums_of(near, far, at - 1);
    Sums right = sums_of(near, far, at + 1);
    store_pairs(to + 2 * at, rounded(three_and_one(here.low, left.low), eight, 4),
                rounded(three_and_one(here.low, right.low), seven, 4), rounded(three_and_one(here.high, left.high), eight, 4),
                rounded(three_and_one(here.high, right.high), seven, 4));
  }
  int first = sum_of(near, far, 0), last = sum_of(near, far, width - 1);
  to[0] = (uint8_t)((4 * first + 8) >> 4);
  to[1] = (uint8_t)((3 * first + sum_of(near, far, 1) + 7) >> 4);
  to[2 * width - 2] = (uint8_t)((3 * last + sum_of(near, far, width - 2) + 8) >> 4);
  to[2 * width - 1] = (uint8_t)((4 * last + 7) >> 4);
}

static void upsample_by_both(j_decompress_ptr libjpeg, jpeg_component_info *component, JSAMPARRAY rows,
                             JSAMPARRAY *to) {
  for (int row = 0; row < libjpeg->max_v_samp_factor; row += 1) {
    const uint8_t *near = rows[row / 2];
    const uint8_t *far = rows[row % 2 == 0 ? row / 2 - 1 : row / 2 + 1];
    upsample_row_by_both(near, far, (*to)[row], (int)component->downsampled_width);
  }
}

upsample1_ptr fanfleet_wasm_upsampler(j_decompress_ptr libjpeg, const jpeg_component_info *component) {
  if (component->DCT_scaled_size != DCTSIZE || !component->component_needed) return NULL;
  if (!libjpeg->do_fancy_upsampling || component->downsampled_width < LEAST_WIDTH) return NULL;
  if (2 * component->h_samp_factor != libjpeg->max_h_samp_factor) return NULL;
  if (component->v_samp_factor == libjpeg->max_v_samp_factor) return upsample_by_width;
  return 2 * component->v_samp_factor == libjpeg->max_v_samp_factor ? upsample_by_both : NULL;
}
