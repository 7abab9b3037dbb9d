/* Faster parts for libjpeg. */
#ifndef FANFLEET_TAKE_OVER_H
#define FANFLEET_TAKE_OVER_H

#include <stdio.h>

#include <jpeglib.h>

/* Let an image that libjpeg has started be decoded by them; its pixels are the same. Gives whether the channels of a line
 * lie one behind the other, where they may. */
int fanfleet_wasm_take_over(j_decompress_ptr libjpeg, int may_be_planar);

#endif
