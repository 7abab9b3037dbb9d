/*
 * Decodes a JPEG a few lines at a time through libjpeg. Here in C because libjpeg reports errors by a call that must
 * not return: each entry below guards what it calls, so no longjmp ever crosses a Rust frame.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "guard.h"
#include "jpeg_entropy.h"
#ifdef __wasm__
#include "take_over.h"
#endif

/* Smaller images are decoded by libjpeg alone, since the tables of the faster decoder take longer than it saves. */
#define PIXELS_FOR_TABLES (1 << 9)

typedef struct {
  const uint8_t *data;
  size_t length;
} Piece;

/* The file may come in pieces, between which metadata was cut out. They are borrowed until the decoder is closed. */
typedef struct {
  const Piece *pieces;
  size_t count;
  uint32_t width;
  uint32_t height;
  uint32_t shrink;
  /* Whether a line may be all its R, then all its G and B. */
  int may_be_planar;
} File;

/* Lines that are to be read, and how many were. */
typedef struct {
  uint8_t *to;
  int lines;
  size_t stride;
  int done;
} Wanted;

typedef struct {
  /* Stays for the next image; all else is as new then. */
  EntropyDecoder entropy;
  struct jpeg_decompress_struct libjpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  const Piece *pieces;
  size_t more;
  File file;
  Wanted wanted;
  /* Lines that were given. */
  JDIMENSION given;
  int is_planar;
  /* Whether the faster decoder has met data about which libjpeg has the word. */
  int gave_up;
  Guard guard;
  char message[JMSG_LENGTH_MAX];
} Decoder;

static void fail(j_common_ptr libjpeg) {
  Decoder *decoder = (Decoder *)libjpeg->client_data;
  (*libjpeg->err->format_message)(libjpeg, decoder->message);
  escape_from(&decoder->guard);
}

/* Damage that libjpeg conceals is measured; its warnings go nowhere. */
static void ignore_message(j_common_ptr libjpeg, int level) {
  (void)libjpeg;
  (void)level;
}

static void nothing(j_decompress_ptr libjpeg) { (void)libjpeg; }

/* The next piece; after the last one an end of image, as libjpeg's own source for memory does. */
static boolean fill(j_decompress_ptr libjpeg) {
  static const JOCTET END[] = { 0xff, JPEG_EOI };
  Decoder *decoder = (Decoder *)libjpeg->client_data;
  while (decoder->more > 0) {
    const Piece *piece = decoder->pieces;
    decoder->pieces += 1;
    decoder->more -= 1;
    if (piece->length == 0) continue;
    decoder->source.next_input_byte = piece->data;
    decoder->source.bytes_in_buffer = piece->length;
    return TRUE;
  }
  decoder->source.next_input_byte = END;
  decoder->source.bytes_in_buffer = sizeof END;
  return TRUE;
}

static void skip(j_decompress_ptr libjpeg, long count) {
  struct jpeg_source_mgr *source = libjpeg->src;
  if (count <= 0) return;
  while ((size_t)count > source->bytes_in_buffer) {
    count -= (long)source->bytes_in_buffer;
    (void)fill(libjpeg);
  }
  source->next_input_byte += count;
  source->bytes_in_buffer -= (size_t)count;
}

void *fanfleet_jpeg_new(void) { return calloc(1, sizeof(Decoder)); }

static void give_up(j_decompress_ptr libjpeg) {
  Decoder *decoder = (Decoder *)libjpeg->client_data;
  decoder->gave_up = 1;
  escape_from(&decoder->guard);
}

/* Read the header and begin. Calls `fail` for an error. */
static void start(Decoder *decoder) {
  struct jpeg_decompress_struct *libjpeg = &decoder->libjpeg;
  const File *file = &decoder->file;
  libjpeg->err = jpeg_std_error(&decoder->errors);
  libjpeg->client_data = decoder;
  decoder->errors.error_exit = fail;
  decoder->errors.emit_message = ignore_message;
  decoder->pieces = file->pieces;
  decoder->more = file->count;
  decoder->source.bytes_in_buffer = 0;
  decoder->source.init_source = nothing;
  decoder->source.fill_input_buffer = fill;
  decoder->source.skip_input_data = skip;
  decoder->source.resync_to_restart = jpeg_resync_to_restart;
  decoder->source.term_source = nothing;
  jpeg_create_decompress(libjpeg);
  libjpeg->src = &decoder->source;
  (void)jpeg_read_header(libjpeg, TRUE);
  if (libjpeg->image_width != file->width || libjpeg->image_height != file->height) {
    snprintf(decoder->message, sizeof decoder->message, "decoded %u x %u, but the header has %u x %u",
             libjpeg->image_width, libjpeg->image_height, file->width, file->height);
    escape_from(&decoder->guard);
  }
  libjpeg->scale_num = 1;
  libjpeg->scale_denom = file->shrink;
  libjpeg->out_color_space = libjpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  (void)jpeg_start_decompress(libjpeg);
#ifdef __wasm__
  decoder->is_planar = fanfleet_wasm_take_over(libjpeg, file->may_be_planar);
#endif
}

/* Begin, with the faster decoder where it is one for the image. */
static void begin(void *self) {
  Decoder *decoder = (Decoder *)self;
  start(decoder);
  if (decoder->more == 0 && (uint64_t)decoder->file.width * decoder->file.height >= PIXELS_FOR_TABLES) {
    fanfleet_entropy_take_over(&decoder->libjpeg, &decoder->entropy, give_up);
  }
}

/*
 * Read the header and begin, at 1 / `shrink` of the size (1, 2, 4 or 8; rounded up), which decodes fewer coefficients
 * of each block. Gives the number of channels (1 or 3), or 0 for an error. Who can read lines whose channels lie one behind
 * the other lets them be so: WebAssembly is faster by it.
 */
int fanfleet_jpeg_open(void *self, const Piece *pieces, size_t count, uint32_t width, uint32_t height,
                       uint32_t shrink, int may_be_planar) {
  Decoder *decoder = (Decoder *)self;
  decoder->file = (File){ pieces, count, width, height, shrink, may_be_planar };
  return guarded(&decoder->guard, begin, decoder) ? decoder->libjpeg.output_components : 0;
}

/* Whether the channels of a line lie one behind the other, and not pixel by pixel. */
int fanfleet_jpeg_is_planar(const void *self) { return ((const Decoder *)self)->is_planar; }

/* Decode the next lines to the rows of `to`. */
static int read_lines(Decoder *decoder, uint8_t *to, int lines, size_t stride) {
  JSAMPROW rows[4];
  int wanted = lines < 4 ? lines : 4;
  for (int row = 0; row < wanted; row += 1) rows[row] = to + (size_t)row * stride;
  return (int)jpeg_read_scanlines(&decoder->libjpeg, rows, (JDIMENSION)wanted);
}

static void read_wanted(void *self) {
  Decoder *decoder = (Decoder *)self;
  struct jpeg_decompress_struct *libjpeg = &decoder->libjpeg;
  Wanted *wanted = &decoder->wanted;
  while (wanted->done < wanted->lines && libjpeg->output_scanline < libjpeg->output_height) {
    uint8_t *to = wanted->to + (size_t)wanted->done * wanted->stride;
    wanted->done += read_lines(decoder, to, wanted->lines - wanted->done, wanted->stride);
  }
}

/* Read them by libjpeg alone, from the beginning: the lines before are the same. */
static void read_again(void *self) {
  Decoder *decoder = (Decoder *)self;
  jpeg_destroy_decompress(&decoder->libjpeg);
  start(decoder);
  while (decoder->libjpeg.output_scanline < decoder->given) {
    (void)read_lines(decoder, decoder->wanted.to, 1, decoder->wanted.stride);
  }
  decoder->wanted.done = 0;
  read_wanted(decoder);
}

/* Decode up to `lines` lines of `stride` bytes. Gives how many, 0 after the last, or -1 for an error. */
int fanfleet_jpeg_read(void *self, uint8_t *to, int lines, size_t stride) {
  Decoder *decoder = (Decoder *)self;
  decoder->wanted = (Wanted){ to, lines, stride, 0 };
  if (!guarded(&decoder->guard, read_wanted, decoder)) {
    if (!decoder->gave_up) return -1;
    decoder->gave_up = 0;
    if (!guarded(&decoder->guard, read_again, decoder)) return -1;
  }
  decoder->given += (JDIMENSION)decoder->wanted.done;
  return decoder->wanted.done;
}

const char *fanfleet_jpeg_message(const void *self) { return ((const Decoder *)self)->message; }

/* Be ready for the next image. Also right after an error, and for a decoder that was never opened. */
void fanfleet_jpeg_close(void *self) {
  Decoder *decoder = (Decoder *)self;
  if (decoder->libjpeg.mem != NULL) jpeg_destroy_decompress(&decoder->libjpeg);
  memset((uint8_t *)decoder + sizeof decoder->entropy, 0, sizeof *decoder - sizeof decoder->entropy);
}

/* Free one that is closed. */
void fanfleet_jpeg_free(void *self) { free(self); }
