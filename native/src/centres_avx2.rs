//! Tiles by AVX2, which adds up two products of 16 bits at once.

use crate::centres_tile::{Added, Best, Kernel, PART, STEP, Tile, TileOf, add_each, pack_from, put_apart};
use std::arch::x86_64::*;

/// Two vectors of 8.
const LANES: usize = 16;
const TILES: [TileOf; 4] = [tile::<1>, tile::<2>, tile::<3>, tile::<4>];

pub fn kernel() -> Kernel {
    Kernel { lanes: LANES, pack, put: put_apart, tiles: &TILES, add }
}

#[target_feature(enable = "avx2")]
fn add(vectors: &[u8], length: usize, centres: &[u32], added: &mut Added) {
    add_each(vectors, length, centres, added);
}

#[target_feature(enable = "avx2")]
fn tile<const ROWS: usize>(tile: &Tile, best: &mut Best) {
    let mut gains = [[0; LANES]; ROWS];
    for (gains, base) in gains.iter_mut().zip(tile.bases) {
        *gains = [*base; LANES];
    }
    let shift = _mm_cvtsi32_si128(tile.shift as i32);
    for (group, words) in tile.group.chunks(PART * LANES).zip(tile.words.chunks(PART * 2 * ROWS)) {
        let mut dots = [[_mm256_setzero_si256(); 2]; ROWS];
        for (values, words) in group.as_chunks::<LANES>().0.iter().zip(words.chunks_exact(2 * ROWS)) {
            let halves = [0, 8].map(|at| load(values, at));
            let even = halves.map(|half| _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(half)));
            let odd = halves.map(|half| _mm256_srai_epi16::<8>(half));
            for (row, dots) in dots.iter_mut().enumerate() {
                let (first, second) = (spread(&words[2 * row]), spread(&words[2 * row + 1]));
                for (half, dot) in dots.iter_mut().enumerate() {
                    *dot = _mm256_add_epi32(*dot, _mm256_madd_epi16(even[half], first));
                    *dot = _mm256_add_epi32(*dot, _mm256_madd_epi16(odd[half], second));
                }
            }
        }
        for (gains, dots) in gains.iter_mut().zip(dots) {
            for (gains, dot) in gains.as_chunks_mut::<8>().0.iter_mut().zip(dots) {
                // SAFETY: these are 8 of 32 bits.
                unsafe {
                    let sum = _mm256_add_epi32(_mm256_loadu_si256(gains.as_ptr().cast()), _mm256_sra_epi32(dot, shift));
                    _mm256_storeu_si256(gains.as_mut_ptr().cast(), sum);
                }
            }
        }
    }
    best.take(&gains, tile.first);
}

/// A word in every lane.
#[inline]
#[target_feature(enable = "avx2")]
fn spread(word: &u32) -> __m256i {
    _mm256_set1_epi32(*word as i32)
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(values: &[u32; LANES], at: usize) -> __m256i {
    // SAFETY: both places that are asked for have 8 words behind them.
    unsafe { _mm256_loadu_si256(values.as_ptr().add(at).cast()) }
}

/// Blocks of 32 values of 8 vectors at a time are turned over in registers.
#[target_feature(enable = "avx2")]
fn pack(vectors: &[u8], length: usize, group: &mut [u32]) {
    let blocks = if vectors.len() == LANES * length { length / 32 } else { 0 };
    let less_128 = _mm256_set1_epi8(-128);
    for half in 0..2 {
        for block in 0..blocks {
            let mut rows = [_mm256_setzero_si256(); 8];
            for (row, to) in rows.iter_mut().enumerate() {
                let from = &vectors[(8 * half + row) * length + 32 * block..][..32];
                // SAFETY: these are 32 bytes.
                *to = _mm256_xor_si256(unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }, less_128);
            }
            for (step, row) in turned(rows).into_iter().enumerate() {
                let to = &mut group[(8 * block + step) * LANES + 8 * half..][..8];
                // SAFETY: these are 8 words.
                unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), row) };
            }
        }
    }
    pack_from::<LANES>(32 / STEP * blocks, vectors, length, group);
}

/// The transpose of 8 rows of 8 words.
#[inline]
#[target_feature(enable = "avx2")]
fn turned(rows: [__m256i; 8]) -> [__m256i; 8] {
    let mut fours = rows;
    for at in [0, 4] {
        let [a, b, c, d] = [0, 1, 2, 3].map(|row| rows[at + row]);
        let (low_ab, high_ab) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let (low_cd, high_cd) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        fours[at] = _mm256_unpacklo_epi64(low_ab, low_cd);
        fours[at + 1] = _mm256_unpackhi_epi64(low_ab, low_cd);
        fours[at + 2] = _mm256_unpacklo_epi64(high_ab, high_cd);
        fours[at + 3] = _mm256_unpackhi_epi64(high_ab, high_cd);
    }
    let mut turned = fours;
    for column in 0..4 {
        turned[column] = _mm256_permute2x128_si256::<0x20>(fours[column], fours[4 + column]);
        turned[4 + column] = _mm256_permute2x128_si256::<0x31>(fours[column], fours[4 + column]);
    }
    turned
}
