//! What of a tile is nearer than the bounds, for arm64.

use crate::nearest_tile::{Found, Tile};
use std::arch::aarch64::*;

/// Two vectors of 4.
pub const LANES: usize = 8;

/// Put what of the dot products of each query is nearer.
#[inline]
pub fn find(dots: &[[uint32x4_t; 2]], tile: &Tile, found: &mut Found) {
    let norms = tile.norms.as_chunks::<4>().0;
    for (row, dots) in dots.iter().enumerate() {
        found.nearer[row] = 0;
        for (half, dots) in dots.iter().enumerate() {
            let to = &mut found.distances[row].as_chunks_mut::<4>().0[half];
            // SAFETY: arithmetic on registers, which every arm64 processor has; norms and distances are 4 of 32 bits.
            unsafe {
                let squares = vaddq_u32(vdupq_n_u32(tile.squares[row]), vld1q_u32(norms[half].as_ptr()));
                let distances = vsubq_u32(squares, vshlq_n_u32::<1>(*dots));
                let nearer = vcltq_u32(distances, vdupq_n_u32(tile.bounds[row]));
                let nearer = vaddvq_u32(vandq_u32(nearer, vld1q_u32([1, 2, 4, 8].as_ptr())));
                if nearer != 0 {
                    vst1q_u32(to.as_mut_ptr(), distances);
                }
                found.nearer[row] |= nearer << (4 * half);
            }
        }
    }
}
