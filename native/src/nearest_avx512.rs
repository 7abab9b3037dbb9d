//! Tiles by AVX-512 with VNNI, whose dot product of bytes adds up four products at once.

use crate::nearest_tile::{Found, Kernel, Tile};
use std::arch::x86_64::*;

/// Two vectors of 16.
const LANES: usize = 32;
const ROWS: usize = 12;

pub fn kernel() -> Kernel {
    Kernel { lanes: LANES, rows: ROWS, words: 1, put: put_less_128, bias: 128, tile }
}

/// The dot product takes one factor without and one with a sign.
fn put_less_128(values: [u8; 4], to: &mut [u32]) {
    to[0] = u32::from_le_bytes(values) ^ 0x8080_8080;
}

#[target_feature(enable = "avx512bw,avx512vnni")]
fn tile(tile: &Tile, found: &mut Found) {
    let mut dots = [[_mm512_setzero_si512(); 2]; ROWS];
    let steps = tile.panel.as_chunks::<{ 4 * LANES }>().0.iter().zip(tile.group.as_chunks::<ROWS>().0);
    for (training, queries) in steps {
        let (first, second) = (load(training, 0), load(training, 64));
        for (dots, query) in dots.iter_mut().zip(queries) {
            let query = _mm512_set1_epi32(*query as i32);
            dots[0] = _mm512_dpbusd_epi32(dots[0], first, query);
            dots[1] = _mm512_dpbusd_epi32(dots[1], second, query);
        }
    }
    let norms: &[u32; LANES] = tile.norms.try_into().expect("there is one for each lane");
    // SAFETY: there are so many of 32 bits.
    let norms = [0, 16].map(|at| unsafe { _mm512_loadu_si512(norms.as_ptr().add(at).cast()) });
    for (row, dots) in dots.iter().enumerate() {
        let square = _mm512_set1_epi32(tile.squares[row] as i32);
        let bound = _mm512_set1_epi32(tile.bounds[row] as i32);
        let mut nearer = [0; 2];
        for (half, dots) in dots.iter().enumerate() {
            let distances = _mm512_sub_epi32(_mm512_add_epi32(square, norms[half]), _mm512_slli_epi32::<1>(*dots));
            nearer[half] = u32::from(_mm512_cmplt_epu32_mask(distances, bound));
            if nearer[half] != 0 {
                let to = &mut found.distances[row].as_chunks_mut::<16>().0[half];
                // SAFETY: these are 16 of 32 bits.
                unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), distances) };
            }
        }
        found.nearer[row] = nearer[0] | nearer[1] << 16;
    }
}

#[inline]
#[target_feature(enable = "avx512bw,avx512vnni")]
fn load(step: &[u8; 4 * LANES], at: usize) -> __m512i {
    // SAFETY: both places that are asked for have 64 bytes behind them.
    unsafe { _mm512_loadu_si512(step.as_ptr().add(at).cast()) }
}
