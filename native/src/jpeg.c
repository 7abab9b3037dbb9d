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

typedef struct {
  const uint8_t *data;
  size_t length;
} Piece;

/* The file may come in pieces, between which metadata was cut out. They are borrowed until jpeg_close. */
typedef struct {
  struct jpeg_decompress_struct libjpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  const Piece *pieces;
  size_t more;
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

/* Read the header and begin. Gives the number of channels (1 or 3), or 0 for an error. */
int fanfleet_jpeg_open(void *self, const Piece *pieces, size_t count, uint32_t width, uint32_t height) {
  Decoder *decoder = (Decoder *)self;
  struct jpeg_decompress_struct *libjpeg = &decoder->libjpeg;
  libjpeg->err = jpeg_std_error(&decoder->errors);
  libjpeg->client_data = decoder;
  decoder->errors.error_exit = fail;
  decoder->errors.emit_message = ignore_message;
  decoder->pieces = pieces;
  decoder->more = count;
  decoder->source.init_source = nothing;
  decoder->source.fill_input_buffer = fill;
  decoder->source.skip_input_data = skip;
  decoder->source.resync_to_restart = jpeg_resync_to_restart;
  decoder->source.term_source = nothing;
  if (setjmp(decoder->failed)) return 0;
  jpeg_create_decompress(libjpeg);
  libjpeg->src = &decoder->source;
  (void)jpeg_read_header(libjpeg, TRUE);
  if (libjpeg->image_width != width || libjpeg->image_height != height) {
    snprintf(decoder->message, sizeof decoder->message, "decoded %u x %u, but the header has %u x %u",
             libjpeg->image_width, libjpeg->image_height, width, height);
    return 0;
  }
  libjpeg->out_color_space = libjpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  (void)jpeg_start_decompress(libjpeg);
  return libjpeg->output_components;
}

/* Decode up to `lines` lines of `stride` bytes. Gives how many, 0 after the last, or -1 for an error. */
int fanfleet_jpeg_read(void *self, uint8_t *to, int lines, size_t stride) {
  Decoder *decoder = (Decoder *)self;
  struct jpeg_decompress_struct *libjpeg = &decoder->libjpeg;
  volatile int done = 0;
  if (setjmp(decoder->failed)) return -1;
  while (done < lines && libjpeg->output_scanline < libjpeg->output_height) {
    JSAMPROW rows[4];
    int wanted = lines - done < 4 ? lines - done : 4;
    for (int row = 0; row < wanted; row += 1) rows[row] = to + (size_t)(done + row) * stride;
    done += (int)jpeg_read_scanlines(libjpeg, rows, (JDIMENSION)wanted);
  }
  return done;
}

const char *fanfleet_jpeg_message(const void *self) { return ((const Decoder *)self)->message; }

/* Free everything. Also right after an error, and for a decoder that was never opened. */
void fanfleet_jpeg_free(void *self) {
  Decoder *decoder = (Decoder *)self;
  if (decoder->libjpeg.mem != NULL) jpeg_destroy_decompress(&decoder->libjpeg);
  free(decoder);
}
