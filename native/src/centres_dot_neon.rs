//! Tiles for arm64 with dot products, which add up four products of bytes at once (Graviton2, Apple M1 and later).
//!
//! A number of a centre is 256 times one byte and another one, both with a sign.

use super::{LANES, add, add_parts, pack};
use crate::centres_tile::{Best, Kernel, PART, STEP, Tile, TileOf};
use std::arch::aarch64::*;
use std::arch::asm;

const TILES: [TileOf; 4] = [tile::<1>, tile::<2>, tile::<3>, tile::<4>];

pub fn kernel() -> Kernel {
    Kernel { lanes: LANES, pack, put: put_bytes, tiles: &TILES, add }
}

/// The high bytes, then the low ones. The greatest number is 32,512, whose high byte is 127.
fn put_bytes(numbers: [i16; STEP]) -> [u32; 2] {
    let high = numbers.map(|number| ((i32::from(number) - i32::from(number as i8)) >> 8) as u8);
    [u32::from_le_bytes(high), u32::from_le_bytes(numbers.map(|number| number as u8))]
}

#[target_feature(enable = "neon,dotprod")]
fn tile<const ROWS: usize>(tile: &Tile, best: &mut Best) {
    let mut gains = [[0; LANES]; ROWS];
    for (gains, base) in gains.iter_mut().zip(tile.bases) {
        *gains = [*base; LANES];
    }
    for (group, words) in tile.group.chunks(PART * LANES).zip(tile.words.chunks(PART * 2 * ROWS)) {
        let mut high = [[vdupq_n_s32(0); 2]; ROWS];
        let mut low = [[vdupq_n_s32(0); 2]; ROWS];
        for (values, words) in group.as_chunks::<LANES>().0.iter().zip(words.chunks_exact(2 * ROWS)) {
            // SAFETY: a step has two times 4 words of vectors.
            let values = unsafe { [vld1q_u32(values.as_ptr()), vld1q_u32(values.as_ptr().add(4))] };
            for (row, words) in words.as_chunks::<2>().0.iter().enumerate() {
                let words = words.map(|word| vdupq_n_u32(word));
                for (half, values) in values.into_iter().enumerate() {
                    high[row][half] = add_dot(high[row][half], values, words[0]);
                    low[row][half] = add_dot(low[row][half], values, words[1]);
                }
            }
        }
        let mut dots = high;
        for (dots, low) in dots.as_flattened_mut().iter_mut().zip(low.as_flattened()) {
            *dots = vaddq_s32(vshlq_n_s32::<8>(*dots), *low);
        }
        add_parts(&mut gains, &dots, tile.shift);
    }
    best.take(&gains, tile.first);
}

/// `vdotq_s32`, which Rust has only for trial.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn add_dot(mut sums: int32x4_t, values: uint32x4_t, words: uint32x4_t) -> int32x4_t {
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {values:v}.16b, {words:v}.16b",
            sums = inout(vreg) sums,
            values = in(vreg) values,
            words = in(vreg) words,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}
