/*
 * Encodes JPEG a few lines at a time through libjpeg. Here in C for the same reason as the decoder in jpeg.c: a longjmp
 * never crosses a Rust frame.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

#include "guard.h"
#include "jpeg_huffman.h"

/* Lines that are to be encoded. */
typedef struct {
  const uint8_t *rgb;
  int count;
  size_t stride;
} Lines;

/* One encoder encodes many files, one after the other, and keeps its memory between them. */
typedef struct {
  struct jpeg_compress_struct libjpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_destination_mgr destination;
  HuffmanEncoder huffman;
  uint8_t *file;
  size_t capacity;
  Guard guard;
  uint32_t width;
  uint32_t height;
  int quality;
  Lines lines;
  char message[JMSG_LENGTH_MAX];
} Encoder;

/* Enough for most photographs of half a megapixel. */
static const size_t FIRST_CAPACITY = 1 << 17;

static void fail(j_common_ptr libjpeg) {
  Encoder *encoder = (Encoder *)libjpeg->client_data;
  (*libjpeg->err->format_message)(libjpeg, encoder->message);
  escape_from(&encoder->guard);
}

static void ignore_message(j_common_ptr libjpeg, int level) {
  (void)libjpeg;
  (void)level;
}

/* Make the file's memory larger. The `used` bytes in it stay. */
static void grow(j_compress_ptr libjpeg, size_t capacity, size_t used) {
  Encoder *encoder = (Encoder *)libjpeg->client_data;
  uint8_t *file = realloc(encoder->file, capacity);
  if (file == NULL) ERREXIT1(libjpeg, JERR_OUT_OF_MEMORY, 0);
  encoder->file = file;
  encoder->capacity = capacity;
  encoder->destination.next_output_byte = file + used;
  encoder->destination.free_in_buffer = capacity - used;
}

static void begin_file(j_compress_ptr libjpeg) {
  Encoder *encoder = (Encoder *)libjpeg->client_data;
  if (encoder->capacity == 0) grow(libjpeg, FIRST_CAPACITY, 0);
  encoder->destination.next_output_byte = encoder->file;
  encoder->destination.free_in_buffer = encoder->capacity;
}

/* Called by libjpeg when the memory is full; it may not have told that the last bytes are used. */
static boolean grow_full_file(j_compress_ptr libjpeg) {
  size_t capacity = ((Encoder *)libjpeg->client_data)->capacity;
  grow(libjpeg, 2 * capacity, capacity);
  return TRUE;
}

/* Called when there is little memory left. */
static void grow_file(j_compress_ptr libjpeg) {
  size_t capacity = ((Encoder *)libjpeg->client_data)->capacity;
  grow(libjpeg, 2 * capacity, capacity - libjpeg->dest->free_in_buffer);
}

static void nothing(j_compress_ptr libjpeg) { (void)libjpeg; }

void *fanfleet_jpeg_encoder_new(void) { return calloc(1, sizeof(Encoder)); }

static void begin(void *self) {
  Encoder *encoder = (Encoder *)self;
  struct jpeg_compress_struct *libjpeg = &encoder->libjpeg;
  if (libjpeg->err == NULL) {
    libjpeg->err = jpeg_std_error(&encoder->errors);
    libjpeg->client_data = encoder;
    encoder->errors.error_exit = fail;
    encoder->errors.emit_message = ignore_message;
    encoder->destination.init_destination = begin_file;
    encoder->destination.empty_output_buffer = grow_full_file;
    encoder->destination.term_destination = nothing;
    jpeg_create_compress(libjpeg);
    libjpeg->dest = &encoder->destination;
  }
  jpeg_abort_compress(libjpeg); /* the file before may have failed halfway */
  libjpeg->image_width = encoder->width;
  libjpeg->image_height = encoder->height;
  libjpeg->input_components = 3;
  libjpeg->in_color_space = JCS_RGB;
  jpeg_set_defaults(libjpeg);
  jpeg_set_quality(libjpeg, encoder->quality, TRUE);
  jpeg_start_compress(libjpeg, TRUE);
  fanfleet_huffman_take_over(libjpeg, &encoder->huffman, grow_file);
}

/* Begin a baseline file of RGB in YCbCr 4:2:0, all else by libjpeg's defaults. Gives 0 for an error, else 1. */
int fanfleet_jpeg_encoder_begin(void *self, uint32_t width, uint32_t height, int quality) {
  Encoder *encoder = (Encoder *)self;
  encoder->width = width;
  encoder->height = height;
  encoder->quality = quality;
  return guarded(&encoder->guard, begin, encoder);
}

static void write_lines(void *self) {
  Encoder *encoder = (Encoder *)self;
  const Lines *lines = &encoder->lines;
  for (int done = 0; done < lines->count;) {
    JSAMPROW rows[16];
    int wanted = lines->count - done < 16 ? lines->count - done : 16;
    /* libjpeg does not write to what it encodes, though its type does not say so. */
    for (int row = 0; row < wanted; row += 1) rows[row] = (JSAMPROW)lines->rgb + (size_t)(done + row) * lines->stride;
    done += (int)jpeg_write_scanlines(&encoder->libjpeg, rows, (JDIMENSION)wanted);
  }
}

/* Encode the next `count` lines of `stride` bytes. Gives 0 for an error, else 1. */
int fanfleet_jpeg_encoder_write(void *self, const uint8_t *rgb, int count, size_t stride) {
  Encoder *encoder = (Encoder *)self;
  encoder->lines = (Lines){ rgb, count, stride };
  return guarded(&encoder->guard, write_lines, encoder);
}

static void finish(void *self) { jpeg_finish_compress(&((Encoder *)self)->libjpeg); }

/* End the file. Gives its length, 0 for an error; it stays in memory until the next one begins. */
size_t fanfleet_jpeg_encoder_end(void *self, const uint8_t **file) {
  Encoder *encoder = (Encoder *)self;
  if (!guarded(&encoder->guard, finish, encoder)) return 0;
  *file = encoder->file;
  return encoder->capacity - encoder->destination.free_in_buffer;
}

const char *fanfleet_jpeg_encoder_message(const void *self) { return ((const Encoder *)self)->message; }

void fanfleet_jpeg_encoder_free(void *self) {
  Encoder *encoder = (Encoder *)self;
  if (encoder->libjpeg.mem != NULL) jpeg_destroy_compress(&encoder->libjpeg);
  free(encoder->file);
  free(encoder);
}
