//! Resampling by WebAssembly's vectors of 16 bytes, in the way of `resample_avx2`.

use crate::resample::{HALF, Lines};
use crate::taps::{LOW_PLACES, PLACES, Taps};
use std::arch::wasm32::*;

pub fn across(taps: &Taps, line: &[u8], to: &mut [u8]) {
    // R R, G G and B B of two pixels beside each other, as numbers of 16 bits; zeros by places that there are not.
    let order = u8x16(0, 16, 3, 16, 1, 16, 4, 16, 2, 16, 5, 16, 16, 16, 16, 16);
    for at in 0..taps.len() {
        let mut sums = Sums::new();
        for (pair, two) in taps.of(at).iter().zip((3 * taps.firsts[at]..).step_by(6)) {
            let values = u8x16_swizzle(load(&line[two..]), order);
            sums.add(values, i32x4_splat(pair.low()), i32x4_splat(pair.high()));
        }
        let words = i16x8_narrow_i32x4(sums.rounded(), sums.rounded());
        let bytes = i32x4_extract_lane::<0>(u8x16_narrow_i16x8(words, words));
        // The fourth comes to where the next pixel will be, or into the padding.
        to[3 * at..3 * at + 4].copy_from_slice(&bytes.to_le_bytes());
    }
}

pub fn down(taps: &Taps, at: usize, lines: &Lines, width: usize, to: &mut [u8]) {
    for first in (0..width).step_by(16) {
        let mut sums = [Sums::new(); 4];
        for (pair, upper, lower) in lines.weighted(taps, at) {
            let [upper, lower] = [upper, lower].map(|line| load(&line[first..]));
            let [low, high] = [pair.low(), pair.high()].map(|weights| i32x4_splat(weights));
            let halves = [
                i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(upper, lower),
                i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(upper, lower),
            ];
            for (sums, half) in sums.as_chunks_mut::<2>().0.iter_mut().zip(halves) {
                sums[0].add(u16x8_extend_low_u8x16(half), low, high);
                sums[1].add(u16x8_extend_high_u8x16(half), low, high);
            }
        }
        let [a, b, c, d] = sums.map(Sums::rounded);
        let bytes = u8x16_narrow_i16x8(i16x8_narrow_i32x4(a, b), i16x8_narrow_i32x4(c, d));
        // SAFETY: there are 16 bytes.
        unsafe { v128_store(to[first..first + 16].as_mut_ptr().cast(), bytes) }
    }
}

#[derive(Clone, Copy)]
struct Sums {
    low: v128,
    high: v128,
}

impl Sums {
    fn new() -> Self {
        Self { low: i32x4_splat(HALF), high: i32x4_splat(0) }
    }

    fn add(&mut self, values: v128, low: v128, high: v128) {
        self.low = i32x4_add(self.low, i32x4_dot_i16x8(values, low));
        self.high = i32x4_add(self.high, i32x4_dot_i16x8(values, high));
    }

    fn rounded(self) -> v128 {
        i32x4_shr(i32x4_add(self.low, i32x4_shl(self.high, LOW_PLACES)), PLACES)
    }
}

fn load(bytes: &[u8]) -> v128 {
    // SAFETY: there are 16 bytes, or this panics.
    unsafe { v128_load(bytes[..16].as_ptr().cast()) }
}
