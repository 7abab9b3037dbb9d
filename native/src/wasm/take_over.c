/* Puts the parts in libjpeg's place, for an image that it has started. */
#include "jpeg_simd.h"
#include "take_over.h"

int fanfleet_wasm_take_over(j_decompress_ptr libjpeg, int may_be_planar) {
  if (libjpeg->master->lossless || libjpeg->data_precision != 8) return 0;
  my_upsample_ptr upsample = (my_upsample_ptr)libjpeg->upsample;
  for (int at = 0; at < libjpeg->num_components; at += 1) {
    const jpeg_component_info *component = &libjpeg->comp_info[at];
    if (component->DCT_scaled_size == DCTSIZE) libjpeg->idct->inverse_DCT[at] = fanfleet_wasm_idct;
    upsample1_ptr upsampler = fanfleet_wasm_upsampler(libjpeg, component);
    if (upsampler != NULL) upsample->methods[at] = upsampler;
  }
  if (libjpeg->jpeg_color_space != JCS_YCbCr || libjpeg->out_color_space != JCS_RGB) return 0;
  libjpeg->cconvert->color_convert = may_be_planar ? fanfleet_wasm_to_planes : fanfleet_wasm_to_rgb;
  return may_be_planar;
}
