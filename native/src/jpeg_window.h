/*
 * The bits of entropy-coded data, loaded eight bytes at once from a window on it from which stuffed bytes were removed,
 * which needs no test for markers or the end.
 */
#ifndef FANFLEET_JPEG_WINDOW_H
#define FANFLEET_JPEG_WINDOW_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "jpeg_codes.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Expected a little-endian machine: words are loaded from the window as they are."
#endif

/* An MCU does not read more, not even in damaged data: the most that its codes can take; eight bytes that are loaded
 * ahead of them; eight of the last load; and eight for the end of the data, behind which it may begin. */
#define MOST_BYTES_OF_MCU (D_MAX_BLOCKS_IN_MCU * DCTSIZE2 * (LONGEST_CODE + LARGEST_DC_SIZE) / 8 + 3 * 8)
#define WINDOW_BYTES (16 * 1024)

typedef struct {
  /* The byte behind it in memory is the next one: the window has its first byte last, where a word has its highest one. */
  const uint8_t *next;
  /* The bits that come before `next`, the first one highest. There are `count`; below them may already be some of those
   * that follow, but never others. */
  uint64_t bits;
  int64_t count;
} BitReader;

typedef struct {
  /* What of the file has not come into the window yet. */
  const uint8_t *from;
  const uint8_t *from_end;
  /* The end of the data in the window, and whether a marker or the end of the file follows. */
  uint8_t *end;
  int ended;
  /* From its end on: the data, and so many zeros that no MCU reads past them. */
  uint8_t bytes[MOST_BYTES_OF_MCU + WINDOW_BYTES];
} Window;

/* Have the window show the data from `from` on, and give who reads it. */
BitReader fanfleet_window_begin(Window *window, const uint8_t *from);

/* Bring more data into the window, up to the next marker. */
BitReader fanfleet_window_fill(Window *window, BitReader reader);

/* Have at least 56 bits of `count`, and all of `bits` filled. */
static inline __attribute__((always_inline)) BitReader load(BitReader reader) {
  uint64_t word;
  memcpy(&word, reader.next - sizeof word, sizeof word);
  /* The bits of a byte that is not whole are loaded again the next time, which changes nothing. */
  reader.bits |= word >> reader.count;
  reader.next -= (63 - reader.count) >> 3;
  reader.count |= 56;
  return reader;
}

#endif
