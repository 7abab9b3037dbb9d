/*
 * libdeflate's decompressor once more, with words of 64 bits: it takes them to be as long as an address, which has 32 bits
 * here. It comes before its own in the order of linking.
 */
#include <lib/lib_common.h>

#define machine_word_t u64
#undef load_word_unaligned
#undef store_word_unaligned
#define load_word_unaligned load_u64_unaligned
#define store_word_unaligned store_u64_unaligned
#define get_unaligned_leword get_unaligned_le64

#include <lib/deflate_decompress.c>
