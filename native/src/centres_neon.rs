//! Tiles for arm64: with dot products of bytes where the processor has them, else by what every NEON has.

use crate::centres_tile::{Added, Best, Kernel, PART, Tile, TileOf, add_each, pack_from, put_apart};
use crate::processor::{Vectors, that_run};
use std::arch::aarch64::*;

#[path = "centres_dot_neon.rs"]
mod dot;

/// Two vectors of 4.
const LANES: usize = 8;
const TILES: [TileOf; 4] = [tile::<1>, tile::<2>, tile::<3>, tile::<4>];

/// All that run on this processor, the fastest first.
pub fn available() -> impl Iterator<Item = Kernel> {
    that_run([(Vectors::NeonDot, dot::kernel()), (Vectors::Neon, every())])
}

fn every() -> Kernel {
    Kernel { lanes: LANES, pack, put: put_apart, tiles: &TILES, add }
}

fn pack(vectors: &[u8], length: usize, group: &mut [u32]) {
    pack_from::<LANES>(0, vectors, length, group);
}

fn add(vectors: &[u8], length: usize, centres: &[u32], added: &mut Added) {
    add_each(vectors, length, centres, added);
}

fn tile<const ROWS: usize>(tile: &Tile, best: &mut Best) {
    let mut gains = [[0; LANES]; ROWS];
    for (gains, base) in gains.iter_mut().zip(tile.bases) {
        *gains = [*base; LANES];
    }
    for (group, words) in tile.group.chunks(PART * LANES).zip(tile.words.chunks(PART * 2 * ROWS)) {
        // SAFETY: arithmetic on registers, which every arm64 processor has; a step has 8 words of vectors.
        let dots = unsafe {
            // Of each pair of lanes two sums each, of the products of either word of a centre.
            let mut halves = [[vdupq_n_s32(0); 4]; ROWS];
            for (values, words) in group.as_chunks::<LANES>().0.iter().zip(words.chunks_exact(2 * ROWS)) {
                let four = |at: usize| vreinterpretq_s16_u32(vld1q_u32(values.as_ptr().add(at)));
                let pairs = [four(0), four(4)];
                let even = pairs.map(|pair| vshrq_n_s16::<8>(vshlq_n_s16::<8>(pair)));
                let odd = pairs.map(|pair| vshrq_n_s16::<8>(pair));
                for (sums, words) in halves.iter_mut().zip(words.as_chunks::<2>().0) {
                    let words = words.map(|word| vreinterpretq_s16_u32(vdupq_n_u32(word)));
                    for (values, word) in [(even, words[0]), (odd, words[1])] {
                        sums[0] = vmlal_s16(sums[0], vget_low_s16(values[0]), vget_low_s16(word));
                        sums[1] = vmlal_high_s16(sums[1], values[0], word);
                        sums[2] = vmlal_s16(sums[2], vget_low_s16(values[1]), vget_low_s16(word));
                        sums[3] = vmlal_high_s16(sums[3], values[1], word);
                    }
                }
            }
            halves.map(|[a, b, c, d]| [vpaddq_s32(a, b), vpaddq_s32(c, d)])
        };
        add_parts(&mut gains, &dots, tile.shift);
    }
    best.take(&gains, tile.first);
}

/// Add what is left of products when some bits are dropped.
#[inline]
fn add_parts(gains: &mut [[i32; LANES]], dots: &[[int32x4_t; 2]], shift: u32) {
    for (gains, dots) in gains.iter_mut().zip(dots) {
        for (gains, dot) in gains.as_chunks_mut::<4>().0.iter_mut().zip(dots) {
            // SAFETY: arithmetic on registers, which every arm64 processor has; these are 4 of 32 bits.
            unsafe {
                let part = vshlq_s32(*dot, vdupq_n_s32(-(shift as i32)));
                vst1q_s32(gains.as_mut_ptr(), vaddq_s32(vld1q_s32(gains.as_ptr()), part));
            }
        }
    }
}
