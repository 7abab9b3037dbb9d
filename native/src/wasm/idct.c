/*
 * The inverse DCT of libjpeg, "islow", with WebAssembly's SIMD: eight columns at once, then eight rows. In 16 bits, and
 * with their wrapping and saturation where damaged data has larger values, it is step by step what libjpeg-turbo does
 * with the SIMD of other processors, so that rows are the same everywhere.
 */
#include "jpeg_simd.h"

#define CONST_BITS 13
#define PASS1_BITS 2

/* Constants of jidctint.c, times 2^13. */
enum {
  F_0_298 = 2446,
  F_0_390 = 3196,
  F_0_541 = 4433,
  F_0_765 = 6270,
  F_0_899 = 7373,
  F_1_175 = 9633,
  F_1_501 = 12299,
  F_1_847 = 15137,
  F_1_961 = 16069,
  F_2_053 = 16819,
  F_2_562 = 20995,
  F_3_072 = 25172,
};

/* Sums of 32 bits for eight places. */
typedef struct {
  v128_t low;
  v128_t high;
} Wide;

static INLINE Wide add(Wide a, Wide b) {
  return (Wide){ wasm_i32x4_add(a.low, b.low), wasm_i32x4_add(a.high, b.high) };
}

static INLINE Wide subtract(Wide a, Wide b) {
  return (Wide){ wasm_i32x4_sub(a.low, b.low), wasm_i32x4_sub(a.high, b.high) };
}

/* Two vectors of eight, place by place beside each other. */
static INLINE Wide zip(v128_t a, v128_t b) {
  return (Wide){ wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11), wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15) };
}

/* a * by_a + b * by_b of the vectors that were zipped. */
static INLINE Wide turn(Wide zipped, int16_t by_a, int16_t by_b) {
  v128_t factors = wasm_i16x8_make(by_a, by_b, by_a, by_b, by_a, by_b, by_a, by_b);
  return (Wide){ wasm_i32x4_dot_i16x8(zipped.low, factors), wasm_i32x4_dot_i16x8(zipped.high, factors) };
}

/* Eight numbers times 2^CONST_BITS. */
static INLINE Wide widen(v128_t a) {
  return (Wide){ wasm_i32x4_shl(wasm_i32x4_extend_low_i16x8(a), CONST_BITS),
                 wasm_i32x4_shl(wasm_i32x4_extend_high_i16x8(a), CONST_BITS) };
}

/* Divided by 2^bits, rounded. */
#define DESCALE(a, bits) \
  wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(wasm_i32x4_add((a).low, wasm_i32x4_splat(1 << ((bits)-1))), bits), \
                          wasm_i32x4_shr(wasm_i32x4_add((a).high, wasm_i32x4_splat(1 << ((bits)-1))), bits))

#define STORE(in, bits)                                                                    \
  (in)[0] = DESCALE(add(a, odd_3), bits), (in)[7] = DESCALE(subtract(a, odd_3), bits);     \
  (in)[1] = DESCALE(add(b, odd_2), bits), (in)[6] = DESCALE(subtract(b, odd_2), bits);     \
  (in)[2] = DESCALE(add(c, odd_1), bits), (in)[5] = DESCALE(subtract(c, odd_1), bits);     \
  (in)[3] = DESCALE(add(d, odd_0), bits), (in)[4] = DESCALE(subtract(d, odd_0), bits)

/* One dimension, for eight lines at once: `in` are the frequencies from the lowest, then the samples from the first. */
#define TRANSFORM(in, bits)                                                                  \
  do {                                                                                       \
    Wide even = zip((in)[2], (in)[6]);                                                       \
    Wide even_3 = turn(even, F_0_541 + F_0_765, F_0_541);                                    \
    Wide even_2 = turn(even, F_0_541, F_0_541 - F_1_847);                                    \
    Wide even_0 = widen(wasm_i16x8_add((in)[0], (in)[4]));                                   \
    Wide even_1 = widen(wasm_i16x8_sub((in)[0], (in)[4]));                                   \
    Wide a = add(even_0, even_3), d = subtract(even_0, even_3);                              \
    Wide b = add(even_1, even_2), c = subtract(even_1, even_2);                              \
    Wide sums = zip(wasm_i16x8_add((in)[7], (in)[3]), wasm_i16x8_add((in)[5], (in)[1]));     \
    Wide z3 = turn(sums, F_1_175 - F_1_961, F_1_175);                                        \
    Wide z4 = turn(sums, F_1_175, F_1_175 - F_0_390);                                        \
    Wide outer = zip((in)[7], (in)[1]);                                                      \
    Wide odd_0 = add(turn(outer, F_0_298 - F_0_899, -F_0_899), z3);                          \
    Wide odd_3 = add(turn(outer, -F_0_899, F_1_501 - F_0_899), z4);                          \
    Wide inner = zip((in)[5], (in)[3]);                                                      \
    Wide odd_1 = add(turn(inner, F_2_053 - F_2_562, -F_2_562), z4);                          \
    Wide odd_2 = add(turn(inner, -F_2_562, F_3_072 - F_2_562), z3);                          \
    STORE(in, bits);                                                                         \
  } while (0)

/* The same where the four highest frequencies are zero. */
#define TRANSFORM_LOW(in, bits)                                                              \
  do {                                                                                       \
    Wide even = zip((in)[0], (in)[2]);                                                       \
    Wide a = turn(even, 1 << CONST_BITS, F_0_541 + F_0_765);                                 \
    Wide d = turn(even, 1 << CONST_BITS, -F_0_541 - F_0_765);                                \
    Wide b = turn(even, 1 << CONST_BITS, F_0_541);                                           \
    Wide c = turn(even, 1 << CONST_BITS, -F_0_541);                                          \
    Wide odd = zip((in)[1], (in)[3]);                                                        \
    Wide odd_0 = turn(odd, F_1_175 - F_0_899, F_1_175 - F_1_961);                            \
    Wide odd_1 = turn(odd, F_1_175 - F_0_390, F_1_175 - F_2_562);                            \
    Wide odd_2 = turn(odd, F_1_175, F_3_072 - F_2_562 + F_1_175 - F_1_961);                  \
    Wide odd_3 = turn(odd, F_1_501 - F_0_899 + F_1_175 - F_0_390, F_1_175);                  \
    STORE(in, bits);                                                                         \
  } while (0)

#define ZIP_16(a, b, low, high)                                        \
  v128_t low = wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);     \
  v128_t high = wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define ZIP_32(a, b, low, high)                                        \
  v128_t low = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5);                   \
  v128_t high = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7)
#define ZIP_64(a, b, low, high)                                        \
  low = wasm_i64x2_shuffle(a, b, 0, 2);                                \
  high = wasm_i64x2_shuffle(a, b, 1, 3)

static INLINE void transpose(v128_t in[8]) {
  ZIP_16(in[0], in[1], a0, a1);
  ZIP_16(in[2], in[3], a2, a3);
  ZIP_16(in[4], in[5], a4, a5);
  ZIP_16(in[6], in[7], a6, a7);
  ZIP_32(a0, a2, b0, b1);
  ZIP_32(a1, a3, b2, b3);
  ZIP_32(a4, a6, b4, b5);
  ZIP_32(a5, a7, b6, b7);
  ZIP_64(b0, b4, in[0], in[1]);
  ZIP_64(b1, b5, in[2], in[3]);
  ZIP_64(b2, b6, in[4], in[5]);
  ZIP_64(b3, b7, in[6], in[7]);
}

/* Eight rows that are all of one sample. */
static void store_flat(v128_t dc, JSAMPARRAY rows, JDIMENSION column) {
  v128_t rounded = wasm_i16x8_shr(wasm_i16x8_add_sat(dc, wasm_i16x8_splat(1 << (PASS1_BITS + 2))), PASS1_BITS + 3);
  v128_t samples = wasm_i8x16_sub(wasm_i8x16_narrow_i16x8(rounded, rounded), wasm_i8x16_splat(-128));
  for (int row = 0; row < 8; row += 1) wasm_v128_store64_lane(rows[row] + column, samples, 0);
}

/* Whether the last four of eight numbers are zero. */
static INLINE int low_only(v128_t numbers) { return wasm_i64x2_extract_lane(numbers, 1) == 0; }

/* In the form of libjpeg's inverse_DCT_method_ptr, for blocks of 8 x 8 samples. */
void fanfleet_wasm_idct(j_decompress_ptr libjpeg, jpeg_component_info *component, JCOEFPTR coefficients,
                        JSAMPARRAY rows, JDIMENSION column) {
  (void)libjpeg;
  const int16_t *quantisation = component->dct_table;
  v128_t in[8];
  for (int row = 0; row < 8; row += 1) in[row] = wasm_v128_load(coefficients + 8 * row);
  v128_t low = wasm_v128_or(in[1], wasm_v128_or(in[2], in[3]));
  v128_t high = wasm_v128_or(wasm_v128_or(in[4], in[5]), wasm_v128_or(in[6], in[7]));
  int only_first = (wasm_i64x2_extract_lane(in[0], 0) & ~(int64_t)0xffff) == 0;
  int narrow = low_only(wasm_v128_or(in[0], wasm_v128_or(low, high)));
  for (int row = 0; row < 4; row += 1) in[row] = wasm_i16x8_mul(in[row], wasm_v128_load(quantisation + 8 * row));
  if (wasm_v128_any_true(high)) {
    for (int row = 4; row < 8; row += 1) in[row] = wasm_i16x8_mul(in[row], wasm_v128_load(quantisation + 8 * row));
    TRANSFORM(in, CONST_BITS - PASS1_BITS);
    transpose(in);
  } else if (wasm_v128_any_true(low)) {
    TRANSFORM_LOW(in, CONST_BITS - PASS1_BITS);
    transpose(in);
  } else {
    v128_t only = wasm_i16x8_shl(in[0], PASS1_BITS);
    v128_t dc = wasm_i16x8_shuffle(only, only, 0, 0, 0, 0, 0, 0, 0, 0);
    if (narrow && only_first) {
      store_flat(dc, rows, column);
      return;
    }
    in[0] = dc;
    in[1] = wasm_i16x8_shuffle(only, only, 1, 1, 1, 1, 1, 1, 1, 1);
    in[2] = wasm_i16x8_shuffle(only, only, 2, 2, 2, 2, 2, 2, 2, 2);
    in[3] = wasm_i16x8_shuffle(only, only, 3, 3, 3, 3, 3, 3, 3, 3);
    in[4] = wasm_i16x8_shuffle(only, only, 4, 4, 4, 4, 4, 4, 4, 4);
    in[5] = wasm_i16x8_shuffle(only, only, 5, 5, 5, 5, 5, 5, 5, 5);
    in[6] = wasm_i16x8_shuffle(only, only, 6, 6, 6, 6, 6, 6, 6, 6);
    in[7] = wasm_i16x8_shuffle(only, only, 7, 7, 7, 7, 7, 7, 7, 7);
  }
  if (narrow) {
    TRANSFORM_LOW(in, CONST_BITS + PASS1_BITS + 3);
  } else {
    TRANSFORM(in, CONST_BITS + PASS1_BITS + 3);
  }
  transpose(in);
  v128_t centre = wasm_i8x16_splat(-128);
  for (int row = 0; row < 8; row += 2) {
    v128_t samples = wasm_i8x16_sub(wasm_i8x16_narrow_i16x8(in[row], in[row + 1]), centre);
    wasm_v128_store64_lane(rows[row] + column, samples, 0);
    wasm_v128_store64_lane(rows[row + 1] + column, samples, 1);
  }
}
