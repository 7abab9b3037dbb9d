//! Tiles by AVX2, whose dot product takes values of 16 bits: the bytes of a step are taken apart in registers.

use crate::nearest_tile::{Found, Kernel, Tile, put_apart};
use std::arch::x86_64::*;

/// Two vectors of 8.
const LANES: usize = 16;
const ROWS: usize = 4;

pub fn kernel() -> Kernel {
    Kernel { lanes: LANES, rows: ROWS, words: 2, put: put_apart, bias: 0, tile }
}

#[target_feature(enable = "avx2")]
fn tile(tile: &Tile, found: &mut Found) {
    let mut dots = [[_mm256_setzero_si256(); 2]; ROWS];
    let steps = tile.panel.as_chunks::<{ 4 * LANES }>().0.iter().zip(tile.group.as_chunks::<{ 2 * ROWS }>().0);
    for (training, queries) in steps {
        let halves = [apart(load(training, 0)), apart(load(training, 32))];
        for (dots, [even, odd]) in dots.iter_mut().zip(queries.as_chunks::<2>().0) {
            let (even, odd) = (_mm256_set1_epi32(*even as i32), _mm256_set1_epi32(*odd as i32));
            for (dots, half) in dots.iter_mut().zip(halves) {
                *dots = _mm256_add_epi32(*dots, _mm256_madd_epi16(half.0, even));
                *dots = _mm256_add_epi32(*dots, _mm256_madd_epi16(half.1, odd));
            }
        }
    }
    let norms: &[u32; LANES] = tile.norms.try_into().expect("there is one for each lane");
    // SAFETY: there are so many of 32 bits.
    let norms = [0, 8].map(|at| unsafe { _mm256_loadu_si256(norms.as_ptr().add(at).cast()) });
    // Only numbers with a sign can be compared.
    let sign = _mm256_set1_epi32(i32::MIN);
    for (row, dots) in dots.iter().enumerate() {
        let square = _mm256_set1_epi32(tile.squares[row] as i32);
        let bound = _mm256_xor_si256(_mm256_set1_epi32(tile.bounds[row] as i32), sign);
        let mut nearer = [0; 2];
        for (half, dots) in dots.iter().enumerate() {
            let distances = _mm256_sub_epi32(_mm256_add_epi32(square, norms[half]), _mm256_slli_epi32::<1>(*dots));
            let is_nearer = _mm256_cmpgt_epi32(bound, _mm256_xor_si256(distances, sign));
            nearer[half] = _mm256_movemask_ps(_mm256_castsi256_ps(is_nearer)) as u32;
            if nearer[half] != 0 {
                let to = &mut found.distances[row].as_chunks_mut::<8>().0[half];
                // SAFETY: these are 8 of 32 bits.
                unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), distances) };
            }
        }
        found.nearer[row] = nearer[0] | nearer[1] << 8;
    }
}

/// The first and third values of every four, and the others, in 16 bits each.
#[inline]
#[target_feature(enable = "avx2")]
fn apart(values: __m256i) -> (__m256i, __m256i) {
    (_mm256_and_si256(values, _mm256_set1_epi16(0xff)), _mm256_srli_epi16::<8>(values))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(step: &[u8; 4 * LANES], at: usize) -> __m256i {
    // SAFETY: both places that are asked for have 32 bytes behind them.
    unsafe { _mm256_loadu_si256(step.as_ptr().add(at).cast()) }
}
