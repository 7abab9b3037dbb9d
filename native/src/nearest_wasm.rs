//! Tiles with WebAssembly's SIMD, whose dot product takes values of 16 bits: the bytes of a step are taken apart.

use crate::nearest_tile::{Found, Kernel, Tile, put_apart};
use std::arch::wasm32::*;

/// Two vectors of 4.
const LANES: usize = 8;
const ROWS: usize = 4;

/// There is one.
pub fn available() -> impl Iterator<Item = Kernel> {
    std::iter::once(Kernel { lanes: LANES, rows: ROWS, words: 2, put: put_apart, bias: 0, tile })
}

fn tile(tile: &Tile, found: &mut Found) {
    let mut dots = [[u32x4_splat(0); 2]; ROWS];
    let steps = tile.panel.as_chunks::<{ 4 * LANES }>().0.iter().zip(tile.group.as_chunks::<{ 2 * ROWS }>().0);
    for (training, queries) in steps {
        let halves = training.as_chunks::<16>().0;
        let halves = [apart(load(&halves[0])), apart(load(&halves[1]))];
        for (dots, [even, odd]) in dots.iter_mut().zip(queries.as_chunks::<2>().0) {
            let (even, odd) = (u32x4_splat(*even), u32x4_splat(*odd));
            for (dots, half) in dots.iter_mut().zip(halves) {
                *dots = i32x4_add(*dots, i32x4_dot_i16x8(half.0, even));
                *dots = i32x4_add(*dots, i32x4_dot_i16x8(half.1, odd));
            }
        }
    }
    let norms = tile.norms.as_chunks::<4>().0;
    for (row, dots) in dots.iter().enumerate() {
        let (square, bound) = (u32x4_splat(tile.squares[row]), u32x4_splat(tile.bounds[row]));
        found.nearer[row] = 0;
        for (half, dots) in dots.iter().enumerate() {
            let [a, b, c, d] = norms[half];
            let distances = i32x4_sub(i32x4_add(square, u32x4(a, b, c, d)), i32x4_shl(*dots, 1));
            let nearer = u32::from(u32x4_bitmask(u32x4_lt(distances, bound)));
            if nearer != 0 {
                let to = &mut found.distances[row].as_chunks_mut::<4>().0[half];
                // SAFETY: these are 4 of 32 bits.
                unsafe { v128_store(to.as_mut_ptr().cast(), distances) };
            }
            found.nearer[row] |= nearer << (4 * half);
        }
    }
}

/// The first and third values of every four, and the others, in 16 bits each.
#[inline]
fn apart(values: v128) -> (v128, v128) {
    (v128_and(values, u16x8_splat(0xff)), u16x8_shr(values, 8))
}

#[inline]
fn load(values: &[u8; 16]) -> v128 {
    // SAFETY: there are 16 bytes; the vectors of WebAssembly need no alignment.
    unsafe { v128_load(values.as_ptr().cast()) }
}
