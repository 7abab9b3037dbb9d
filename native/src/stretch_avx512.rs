//! Tables looked up 64 values at a time by AVX-512 with VBMI.

use crate::stretch::{Range, Table};
use std::arch::x86_64::*;

/// Replace as many values as fill whole vectors and give the rest.
#[target_feature(enable = "avx512bw,avx512vbmi")]
pub fn look_up<'a>(pixels: &'a mut [u8], table: &Table, _: Range) -> &'a mut [u8] {
    let (blocks, rest) = pixels.as_chunks_mut();
    replace_all(blocks, table);
    rest
}

/// Like `look_up`, with a table for each of three channels; the rest begins with a whole pixel.
#[target_feature(enable = "avx512bw,avx512vbmi")]
pub fn look_up_each<'a>(pixels: &'a mut [u8], tables: &[Table; 3], _: [Range; 3]) -> &'a mut [u8] {
    let (blocks, rest) = pixels.as_chunks_mut::<{ 3 * 64 }>();
    replace_each(blocks, tables);
    rest
}

#[target_feature(enable = "avx512bw,avx512vbmi")]
fn replace_all(blocks: &mut [[u8; 64]], table: &Table) {
    let table = load_table(table);
    for block in blocks {
        let replaced = replace(load(block), &table);
        store(block, replaced);
    }
}

/// A channel is every third byte, and its places move on by two from one vector to the next, since 64 modulo 3 is 1.
#[target_feature(enable = "avx512bw,avx512vbmi")]
fn replace_each(blocks: &mut [[u8; 3 * 64]], tables: &[Table; 3]) {
    let [red, green, blue] = [load_table(&tables[0]), load_table(&tables[1]), load_table(&tables[2])];
    for block in blocks {
        for (at, vector) in block.as_chunks_mut().0.iter_mut().enumerate() {
            let values = load(vector);
            let [first, second] = [0, 1].map(|channel| every_third((channel + 2 * at) % 3));
            let replaced = _mm512_mask_blend_epi8(first, replace(values, &blue), replace(values, &red));
            store(vector, _mm512_mask_blend_epi8(second, replaced, replace(values, &green)));
        }
    }
}

/// The bits whose place modulo 3 is `first`.
fn every_third(first: usize) -> u64 {
    0x9249_2492_4924_9249 << first
}

/// The highest bit of a value decides between the halves of the table, the others choose within one.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi")]
fn replace(values: __m512i, [a, b, c, d]: &[__m512i; 4]) -> __m512i {
    let low = _mm512_permutex2var_epi8(*a, values, *b);
    let high = _mm512_permutex2var_epi8(*c, values, *d);
    _mm512_mask_blend_epi8(_mm512_movepi8_mask(values), low, high)
}

#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi")]
fn load_table(table: &Table) -> [__m512i; 4] {
    let parts = table.as_chunks().0;
    [load(&parts[0]), load(&parts[1]), load(&parts[2]), load(&parts[3])]
}

#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi")]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: there are 64 bytes, and the load need not be aligned.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi")]
fn store(bytes: &mut [u8; 64], values: __m512i) {
    // SAFETY: as above.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), values) }
}
