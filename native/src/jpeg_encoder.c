/*
 * Encodes JPEG a few lines at a time through libjpeg. Here in C for the same reason as the decoder in jpeg.c: a longjmp
 * never crosses a Rust frame.
 */
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

#include "jpeg_huffman.h"

/* One encoder encodes many files, one after the other, and keeps its memory between them. */
typedef struct {
  struct jpeg_compress_struct libjpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_destination_mgr destination;
  HuffmanEncoder huffman;
  uint8_t *file;
  size_t capacity;
  jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
} Encoder;

/* Enough for most photographs of half a megapixel. */
static const size_t FIRST_CAPACITY = 1 << 17;

static void fail(j_common_ptr libjpeg) {
  Encoder *encoder = (Encoder *)libjpeg->client_data;
  (*libjpeg->err->format_message)(libjpeg, encoder->message);
  longjmp(encoder->failed, 1);
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

/* Begin a baseline file of RGB in YCbCr 4:2:0, all else by libjpeg's defaults. Gives 0 for an error, else 1. */
int fanfleet_jpeg_encoder_begin(void *self, uint32_t width, uint32_t height, int quality) {
  Encoder *encoder = (Encoder *)self;
  struct jpeg_compress_struct *libjpeg = &encoder->libjpeg;
  if (setjmp(encoder->failed)) return 0;
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
  libjpeg->image_width = width;
  libjpeg->image_height = height;
  libjpeg->input_components = 3;
  libjpeg->in_color_space = JCS_RGB;
  jpeg_set_defaults(libjpeg);
  jpeg_set_quality(libjpeg, quality, TRUE);
  jpeg_start_compress(libjpeg, TRUE);
  fanfleet_huffman_take_over(libjpeg, &encoder->huffman, grow_file);
  return 1;
}

/* Encode the next `lines` lines of `stride` bytes. Gives 0 for an error, else 1. */
int fanfleet_jpeg_encoder_write(void *self, const uint8_t *rgb, int lines, size_t stride) {
  Encoder *encoder = (Encoder *)self;
  volatile int done = 0;
  if (setjmp(encoder->failed)) return 0;
  while (done < lines) {
    JSAMPROW rows[16];
    int wanted = lines - done < 16 ? lines - done : 16;
    /* libjpeg does not write to what it encodes, though its type does not say so. */
    for (int row = 0; row < wanted; row += 1) rows[row] = (JSAMPROW)rgb + (size_t)(done + row) * stride;
    done += (int)jpeg_write_scanlines(&encoder->libjpeg, rows, (JDIMENSION)wanted);
  }
  return 1;
}

/* End the file. Gives its length, 0 for an error; it stays in memory until the next one begins. */
size_t fanfleet_jpeg_encoder_end(void *self, const uint8_t **file) {
  Encoder *encoder = (Encoder *)self;
  if (setjmp(encoder->failed)) return 0;
  jpeg_finish_compress(&encoder->libjpeg);
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
