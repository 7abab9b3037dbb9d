/*
 * Decodes a JPEG a few lines at a time through libjpeg. Here in C because libjpeg reports errors by a call that must
 * not return: each entry below sets the place where a longjmp lands, so none ever crosses a Rust frame.
 */
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

#include "jpeg_entropy.h"

/* Smaller images are decoded by libjpeg alone, since the tables of the faster decoder take longer than it saves. */
#define PIXELS_FOR_TABLES (1 << 9)

typedef struct {
  const uint8_t *data;
  size_t length;
} Piece;

/* The file may come in pieces, between which metadata was cut out. They are borrowed until the decoder is freed. */
typedef struct {
  const Piece *pieces;
  size_t count;
  uint32_t width;
  uint32_t height;
  uint32_t shrink;
} File;

typedef struct {
  struct jpeg_decompress_struct libjpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  const Piece *pieces;
  size_t more;
  File file;
  EntropyDecoder entropy;
  /* Lines that were given. */
  JDIMENSION given;
  /* Whether the faster decoder has met data about which libjpeg has the word. */
  int gave_up;
  jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
} Decoder;

static void fail(j_common_ptr libjpeg) {
  Decoder *decoder = (Decoder *)libjpeg->client_data;
  (*libjpeg->err->format_message)(libjpeg, decoder->message);
  longjmp(decoder->failed, 1);
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
  longjmp(decoder->failed, 1);
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
    longjmp(decoder->failed, 1);
  }
  libjpeg->scale_num = 1;
  libjpeg->scale_denom = file->shrink;
  libjpeg->out_color_space = libjpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  (void)jpeg_start_decompress(libjpeg);
}

/*
 * Read the header and begin, at 1 / `shrink` of the size (1, 2, 4 or 8; rounded up), which decodes fewer coefficients
 * of each block. Gives the number of channels (1 or 3), or 0 for an error.
 */
int fanfleet_jpeg_open(void *self, const Piece *pieces, size_t count, uint32_t width, uint32_t height,
                       uint32_t shrink) {
  Decoder *decoder = (Decoder *)self;
  if (setjmp(decoder->failed)) return 0;
  decoder->file = (File){ pieces, count, width, height, shrink };
  start(decoder);
  if (decoder->more == 0 && (uint64_t)width * height >= PIXELS_FOR_TABLES) {
    fanfleet_entropy_take_over(&decoder->libjpeg, &decoder->entropy, give_up);
  }
  return decoder->libjpeg.output_components;
}

/* Decode the next lines to the rows of `to`. */
static int read_lines(Decoder *decoder, uint8_t *to, int lines, size_t stride) {
  JSAMPROW rows[4];
  int wanted = lines < 4 ? lines : 4;
  for (int row = 0; row < wanted; row += 1) rows[row] = to + (size_t)row * stride;
  return (int)jpeg_read_scanlines(&decoder->libjpeg, rows, (JDIMENSION)wanted);
}

/* Decode up to `lines` lines of `stride` bytes. Gives how many, 0 after the last, or -1 for an error. */
int fanfleet_jpeg_read(void *self, uint8_t *to, int lines, size_t stride) {
  Decoder *decoder = (Decoder *)self;
  struct jpeg_decompress_struct *libjpeg = &decoder->libjpeg;
  volatile int done = 0;
  if (setjmp(decoder->failed)) {
    if (!decoder->gave_up) return -1;
    /* From the beginning, by libjpeg alone, whose first lines are the same. */
    decoder->gave_up = 0;
    jpeg_destroy_decompress(libjpeg);
    start(decoder);
    while (libjpeg->output_scanline < decoder->given) (void)read_lines(decoder, to, 1, stride);
    done = 0;
  }
  while (done < lines && libjpeg->output_scanline < libjpeg->output_height) {
    done += read_lines(decoder, to + (size_t)done * stride, lines - done, stride);
  }
  decoder->given += (JDIMENSION)done;
  return done;
}

const char *fanfleet_jpeg_message(const void *self) { return ((const Decoder *)self)->message; }

/* Free everything. Also right after an error, and for a decoder that was never opened. */
void fanfleet_jpeg_free(void *self) {
  Decoder *decoder = (Decoder *)self;
  if (decoder->libjpeg.mem != NULL) jpeg_destroy_decompress(&decoder->libjpeg);
  free(decoder);
}
