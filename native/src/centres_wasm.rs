//! Tiles with WebAssembly's SIMD, which adds up two products of 16 bits at once.

use crate::centres_tile::{Added, Best, Kernel, PART, Tile, TileOf, add_each, pack_from, put_apart};
use std::arch::wasm32::*;

/// Two vectors of 4.
const LANES: usize = 8;
const TILES: [TileOf; 4] = [tile::<1>, tile::<2>, tile::<3>, tile::<4>];

/// There is one.
pub fn available() -> impl Iterator<Item = Kernel> {
    std::iter::once(Kernel { lanes: LANES, pack, put: put_apart, tiles: &TILES, add })
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
        let mut dots = [[i32x4_splat(0); 2]; ROWS];
        for (values, words) in group.as_chunks::<LANES>().0.iter().zip(words.chunks_exact(2 * ROWS)) {
            let halves = values.as_chunks::<4>().0;
            let halves = [apart(load(&halves[0])), apart(load(&halves[1]))];
            for (dots, [even, odd]) in dots.iter_mut().zip(words.as_chunks::<2>().0) {
                let (even, odd) = (u32x4_splat(*even), u32x4_splat(*odd));
                for (dot, half) in dots.iter_mut().zip(halves) {
                    *dot = i32x4_add(*dot, i32x4_dot_i16x8(half.0, even));
                    *dot = i32x4_add(*dot, i32x4_dot_i16x8(half.1, odd));
                }
            }
        }
        for (gains, dots) in gains.iter_mut().zip(dots) {
            for (gains, dot) in gains.as_chunks_mut::<4>().0.iter_mut().zip(dots) {
                // SAFETY: these are 4 of 32 bits; the vectors of WebAssembly need no alignment.
                unsafe {
                    let sum = i32x4_add(v128_load(gains.as_ptr().cast()), i32x4_shr(dot, tile.shift));
                    v128_store(gains.as_mut_ptr().cast(), sum);
                }
            }
        }
    }
    best.take(&gains, tile.first);
}

/// The first and third values of every four, and the others, in 16 bits each.
#[inline]
fn apart(values: v128) -> (v128, v128) {
    (i16x8_shr(i16x8_shl(values, 8), 8), i16x8_shr(values, 8))
}

#[inline]
fn load(values: &[u32; 4]) -> v128 {
    // SAFETY: there are 4 words.
    unsafe { v128_load(values.as_ptr().cast()) }
}
