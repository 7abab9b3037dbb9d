/* The parts of libjpeg that are written anew for WebAssembly's SIMD, since libjpeg-turbo has none for it. */
#ifndef FANFLEET_JPEG_SIMD_H
#define FANFLEET_JPEG_SIMD_H

#include <stdint.h>
#include <string.h>
#include <wasm_simd128.h>

#define JPEG_INTERNALS
#include <jinclude.h>
#include <jpeglib.h>
#include <jdsample.h>

#undef INLINE
#define INLINE inline __attribute__((always_inline))

/* A constant that stays in a register over a loop: V8 makes others anew where they are used, with three instructions. */
static INLINE v128_t held(v128_t constant) {
  volatile v128_t place = constant;
  return place;
}

void fanfleet_wasm_idct(j_decompress_ptr libjpeg, jpeg_component_info *component, JCOEFPTR coefficients,
                        JSAMPARRAY rows, JDIMENSION column);

/* Gives NULL for a component that is left to libjpeg. */
upsample1_ptr fanfleet_wasm_upsampler(j_decompress_ptr libjpeg, const jpeg_component_info *component);

void fanfleet_wasm_to_planes(j_decompress_ptr libjpeg, JSAMPIMAGE planes, JDIMENSION row, JSAMPARRAY to, int rows);

void fanfleet_wasm_to_rgb(j_decompress_ptr libjpeg, JSAMPIMAGE planes, JDIMENSION row, JSAMPARRAY to, int rows);

#endif
