//! Tiles for arm64 with dot products, which add up four products of bytes at once (Graviton2, Apple M1 and later).

use super::bounds::{LANES, find};
use crate::nearest_tile::{Found, Kernel, Tile, put_whole};
use std::arch::aarch64::*;
use std::arch::asm;

const ROWS: usize = 8;

pub fn kernel() -> Kernel {
    Kernel { lanes: LANES, rows: ROWS, words: 1, put: put_whole, bias: 0, tile }
}

#[target_feature(enable = "neon,dotprod")]
fn tile(tile: &Tile, found: &mut Found) {
    let mut dots = [[vdupq_n_u32(0); 2]; ROWS];
    let steps = tile.panel.as_chunks::<{ 4 * LANES }>().0.iter().zip(tile.group.as_chunks::<ROWS>().0);
    for (training, queries) in steps {
        // SAFETY: a step has two times 16 bytes of training vectors, and two times 4 words of queries.
        let (training, queries) = unsafe {
            let training = [vld1q_u8(training.as_ptr()), vld1q_u8(training.as_ptr().add(16))];
            (training, [vld1q_u32(queries.as_ptr()), vld1q_u32(queries.as_ptr().add(4))])
        };
        for (dots, query) in dots.as_chunks_mut::<4>().0.iter_mut().zip(queries) {
            for (half, training) in training.into_iter().enumerate() {
                dots[0][half] = add_dot::<0>(dots[0][half], training, query);
                dots[1][half] = add_dot::<1>(dots[1][half], training, query);
                dots[2][half] = add_dot::<2>(dots[2][half], training, query);
                dots[3][half] = add_dot::<3>(dots[3][half], training, query);
            }
        }
    }
    find(&dots, tile, found);
}

/// `vdotq_laneq_u32`, which Rust has only for trial.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn add_dot<const LANE: i32>(mut sums: uint32x4_t, training: uint8x16_t, queries: uint32x4_t) -> uint32x4_t {
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!(
            "udot {sums:v}.4s, {training:v}.16b, {queries:v}.4b[{lane}]",
            sums = inout(vreg) sums,
            training = in(vreg) training,
            queries = in(vreg) queries,
            lane = const LANE,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}
