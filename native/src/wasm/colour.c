/*
 * YCbCr to RGB with WebAssembly's SIMD, bit for bit what the tables of jdcolor.c give: a constant times a chroma value
 * of -128 to 127, rounded half up.
 */
#include "jpeg_simd.h"

typedef struct {
  v128_t centre;
  v128_t red;
  v128_t blue;
  v128_t green;
  v128_t half;
} Constants;

static INLINE Constants constants(void) {
  return (Constants){ held(wasm_i8x16_splat(-128)), held(wasm_i16x8_splat(22970)), held(wasm_i16x8_splat(-7471)),
                      held(wasm_i32x4_splat((int32_t)((uint32_t)-23401 << 16 | (uint16_t)-11277))),
                      held(wasm_i32x4_splat(1 << 14)) };
}

/* Sixteen values of -128 to 127, eight of them and the other eight. */
typedef struct {
  v128_t low;
  v128_t high;
} Chroma;

static INLINE Chroma chroma_at(const uint8_t *from, Constants by) {
  v128_t centred = wasm_v128_xor(wasm_v128_load(from), by.centre);
  return (Chroma){ wasm_i16x8_extend_low_i8x16(centred), wasm_i16x8_extend_high_i8x16(centred) };
}

/* 1.40200 * cr: 22970 / 2^14 gives the same for all 256 values. */
static INLINE v128_t red_of(v128_t cr, Constants by) {
  return wasm_i16x8_q15mulr_sat(wasm_i16x8_shl(cr, 1), by.red);
}

/* 1.77200 * cb, by its difference to 2. */
static INLINE v128_t blue_of(v128_t cb, Constants by) {
  return wasm_i16x8_add(wasm_i16x8_shl(cb, 1), wasm_i16x8_q15mulr_sat(cb, by.blue));
}

/* -0.34414 * cb - 0.71414 * cr, rounded together. */
static INLINE v128_t green_of(v128_t cb, v128_t cr, Constants by) {
  v128_t first = wasm_i32x4_dot_i16x8(wasm_i16x8_shuffle(cb, cr, 0, 8, 1, 9, 2, 10, 3, 11), by.green);
  v128_t second = wasm_i32x4_dot_i16x8(wasm_i16x8_shuffle(cb, cr, 4, 12, 5, 13, 6, 14, 7, 15), by.green);
  return wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(wasm_i32x4_add(first, by.half), 15),
                                 wasm_i32x4_shr(wasm_i32x4_add(second, by.half), 15));
}

/* Luma and what is added to it, within 0 to 255. */
static INLINE v128_t limited(v128_t luma, v128_t low, v128_t high) {
  return wasm_u8x16_narrow_i16x8(wasm_i16x8_add(wasm_u16x8_extend_low_u8x16(luma), low),
                                 wasm_i16x8_add(wasm_u16x8_extend_high_u8x16(luma), high));
}

/* Sixteen pixels. */
typedef struct {
  v128_t red;
  v128_t green;
  v128_t blue;
} Pixels;

static INLINE void store_rgb(uint8_t *to, Pixels pixels) {
  v128_t red = pixels.red, green = pixels.green, blue = pixels.blue;
  v128_t a = wasm_i8x16_shuffle(red, green, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
  v128_t b = wasm_i8x16_shuffle(red, green, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
  v128_t c = wasm_i8x16_shuffle(red, green, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
  wasm_v128_store(to, wasm_i8x16_shuffle(a, blue, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15));
  wasm_v128_store(to + 16, wasm_i8x16_shuffle(b, blue, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15));
  wasm_v128_store(to + 32, wasm_i8x16_shuffle(c, blue, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31));
}

static INLINE Pixels convert_16(const uint8_t *y, const uint8_t *cb, const uint8_t *cr, Constants by) {
  v128_t luma = wasm_v128_load(y);
  Chroma blues = chroma_at(cb, by), reds = chroma_at(cr, by);
  return (Pixels){ limited(luma, red_of(reds.low, by), red_of(reds.high, by)),
                   limited(luma, green_of(blues.low, reds.low, by), green_of(blues.high, reds.high, by)),
                   limited(luma, blue_of(blues.low, by), blue_of(blues.high, by)) };
}

/* The last pixels of a row, fewer than sixteen. */
static Pixels convert_last(const uint8_t *y, const uint8_t *cb, const uint8_t *cr, size_t count) {
  uint8_t in[3][16] = { { 0 } };
  memcpy(in[0], y, count);
  memcpy(in[1], cb, count);
  memcpy(in[2], cr, count);
  return convert_16(in[0], in[1], in[2], constants());
}

/* As the color_convert of libjpeg's jpeg_color_deconverter. */
void fanfleet_wasm_to_rgb(j_decompress_ptr libjpeg, JSAMPIMAGE planes, JDIMENSION row, JSAMPARRAY to, int rows) {
  size_t width = libjpeg->output_width;
  Constants by = constants();
  for (int at = 0; at < rows; at += 1, row += 1) {
    const uint8_t *y = planes[0][row], *cb = planes[1][row], *cr = planes[2][row];
    size_t done = 0;
    for (; done + 16 <= width; done += 16) store_rgb(to[at] + 3 * done, convert_16(y + done, cb + done, cr + done, by));
    if (done == width) continue;
    uint8_t last[48];
    store_rgb(last, convert_last(y + done, cb + done, cr + done, width - done));
    memcpy(to[at] + 3 * done, last, 3 * (width - done));
  }
}

/* As above, but all R of a row, then all G and B. */
void fanfleet_wasm_to_planes(j_decompress_ptr libjpeg, JSAMPIMAGE planes, JDIMENSION row, JSAMPARRAY to, int rows) {
  size_t width = libjpeg->output_width;
  Constants by = constants();
  for (int at = 0; at < rows; at += 1, row += 1) {
    const uint8_t *y = planes[0][row], *cb = planes[1][row], *cr = planes[2][row];
    uint8_t *red = to[at], *green = red + width, *blue = green + width;
    size_t done = 0;
    for (; done + 16 <= width; done += 16) {
      Pixels pixels = convert_16(y + done, cb + done, cr + done, by);
      wasm_v128_store(red + done, pixels.red);
      wasm_v128_store(green + done, pixels.green);
      wasm_v128_store(blue + done, pixels.blue);
    }
    if (done == width) continue;
    Pixels last = convert_last(y + done, cb + done, cr + done, width - done);
    memcpy(red + done, &last.red, width - done);
    memcpy(green + done, &last.green, width - done);
    memcpy(blue + done, &last.blue, width - done);
  }
}
