//! Tiles by AVX-512 with VNNI, which adds up two products of 16 bits at once.

use crate::centres_tile::{Added, Best, Kernel, PART, STEP, Tile, TileOf, add_each, pack_from, put_apart};
use std::arch::x86_64::*;

/// Two vectors of 16.
const LANES: usize = 32;
const TILES: [TileOf; 12] = [
    tile::<1>, tile::<2>, tile::<3>, tile::<4>, tile::<5>, tile::<6>, tile::<7>, tile::<8>, tile::<9>, tile::<10>,
    tile::<11>, tile::<12>,
];

pub fn kernel() -> Kernel {
    Kernel { lanes: LANES, pack, put: put_apart, tiles: &TILES, add }
}

#[target_feature(enable = "avx512bw,avx512vnni")]
fn add(vectors: &[u8], length: usize, centres: &[u32], added: &mut Added) {
    add_each(vectors, length, centres, added);
}

#[target_feature(enable = "avx512bw,avx512vnni")]
fn tile<const ROWS: usize>(tile: &Tile, best: &mut Best) {
    let mut gains = [[0; LANES]; ROWS];
    for (gains, base) in gains.iter_mut().zip(tile.bases) {
        *gains = [*base; LANES];
    }
    let shift = _mm_cvtsi32_si128(tile.shift as i32);
    for (group, words) in tile.group.chunks(PART * LANES).zip(tile.words.chunks(PART * 2 * ROWS)) {
        let mut dots = [[_mm512_setzero_si512(); 2]; ROWS];
        for (values, words) in group.as_chunks::<LANES>().0.iter().zip(words.chunks_exact(2 * ROWS)) {
            let halves = [0, 16].map(|at| load(values, at));
            let even = halves.map(|half| _mm512_srai_epi16::<8>(_mm512_slli_epi16::<8>(half)));
            let odd = halves.map(|half| _mm512_srai_epi16::<8>(half));
            for (row, dots) in dots.iter_mut().enumerate() {
                let (first, second) = (spread(&words[2 * row]), spread(&words[2 * row + 1]));
                for (half, dot) in dots.iter_mut().enumerate() {
                    *dot = _mm512_dpwssd_epi32(*dot, even[half], first);
                    *dot = _mm512_dpwssd_epi32(*dot, odd[half], second);
                }
            }
        }
        for (gains, dots) in gains.iter_mut().zip(dots) {
            for (gains, dot) in gains.as_chunks_mut::<16>().0.iter_mut().zip(dots) {
                // SAFETY: these are 16 of 32 bits.
                unsafe {
                    let sum = _mm512_add_epi32(_mm512_loadu_si512(gains.as_ptr().cast()), _mm512_sra_epi32(dot, shift));
                    _mm512_storeu_si512(gains.as_mut_ptr().cast(), sum);
                }
            }
        }
    }
    best.take(&gains, tile.first);
}

/// A word in every lane.
#[inline]
#[target_feature(enable = "avx512bw,avx512vnni")]
fn spread(word: &u32) -> __m512i {
    _mm512_set1_epi32(*word as i32)
}

#[inline]
#[target_feature(enable = "avx512bw,avx512vnni")]
fn load(values: &[u32; LANES], at: usize) -> __m512i {
    // SAFETY: both places that are asked for have 16 words behind them.
    unsafe { _mm512_loadu_si512(values.as_ptr().add(at).cast()) }
}

/// Blocks of 64 values of 16 vectors at a time are turned over in registers.
#[target_feature(enable = "avx512bw,avx512vnni")]
fn pack(vectors: &[u8], length: usize, group: &mut [u32]) {
    let blocks = if vectors.len() == LANES * length { length / 64 } else { 0 };
    let less_128 = _mm512_set1_epi8(-128);
    for half in 0..2 {
        for block in 0..blocks {
            let mut rows = [_mm512_setzero_si512(); 16];
            for (row, to) in rows.iter_mut().enumerate() {
                let from = &vectors[(16 * half + row) * length + 64 * block..][..64];
                // SAFETY: these are 64 bytes.
                *to = _mm512_xor_si512(unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }, less_128);
            }
            for (step, row) in turned(rows).into_iter().enumerate() {
                let to = &mut group[(16 * block + step) * LANES + 16 * half..][..16];
                // SAFETY: these are 16 words.
                unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), row) };
            }
        }
    }
    pack_from::<LANES>(64 / STEP * blocks, vectors, length, group);
}

/// The transpose of 16 rows of 16 words.
#[inline]
#[target_feature(enable = "avx512bw,avx512vnni")]
fn turned(rows: [__m512i; 16]) -> [__m512i; 16] {
    let mut pairs = rows;
    for at in 0..8 {
        pairs[2 * at] = _mm512_unpacklo_epi32(rows[2 * at], rows[2 * at + 1]);
        pairs[2 * at + 1] = _mm512_unpackhi_epi32(rows[2 * at], rows[2 * at + 1]);
    }
    // Of four rows the columns 0, 1, 2, 3, each in every quarter of a vector.
    let mut fours = pairs;
    for at in 0..4 {
        let [a, b, c, d] = [0, 1, 2, 3].map(|row| pairs[4 * at + row]);
        fours[4 * at] = _mm512_unpacklo_epi64(a, c);
        fours[4 * at + 1] = _mm512_unpackhi_epi64(a, c);
        fours[4 * at + 2] = _mm512_unpacklo_epi64(b, d);
        fours[4 * at + 3] = _mm512_unpackhi_epi64(b, d);
    }
    let mut turned = fours;
    for column in 0..4 {
        let [a, b, c, d] = [0, 4, 8, 12].map(|row| fours[row + column]);
        let (low, high) = (_mm512_shuffle_i32x4::<0x88>(a, b), _mm512_shuffle_i32x4::<0x88>(c, d));
        turned[column] = _mm512_shuffle_i32x4::<0x88>(low, high);
        turned[8 + column] = _mm512_shuffle_i32x4::<0xdd>(low, high);
        let (low, high) = (_mm512_shuffle_i32x4::<0xdd>(a, b), _mm512_shuffle_i32x4::<0xdd>(c, d));
        turned[4 + column] = _mm512_shuffle_i32x4::<0x88>(low, high);
        turned[12 + column] = _mm512_shuffle_i32x4::<0xdd>(low, high);
    }
    turned
}
