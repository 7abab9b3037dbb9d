//! Resampling for arm64, where every processor has NEON: it multiplies whole weights, four sums at a time.

use super::{HALF, Lines};
use crate::taps::{PLACES, Taps};
use std::arch::aarch64::*;

/// R, G and B of a pixel in a vector; the fourth sum has no meaning.
pub fn across(taps: &Taps, line: &[u8], to: &mut [u8]) {
    for at in 0..taps.len() {
        // SAFETY: makes a vector of a number.
        let mut sums = unsafe { vdupq_n_s32(HALF) };
        for (pair, two) in taps.of(at).iter().zip((3 * taps.firsts[at]..).step_by(6)) {
            let [left, right] = pair.weights();
            // SAFETY: a line has 16 bytes behind each pixel that has a weight, those of zero included; the rest is on registers.
            unsafe {
                let values = vmovl_u8(vld1_u8(line.as_ptr().add(two)));
                sums = vmlaq_n_s32(sums, whole(vget_low_u16(values)), left);
                sums = vmlaq_n_s32(sums, whole(vget_low_u16(vextq_u16::<3>(values, values))), right);
            }
        }
        // SAFETY: arithmetic on registers.
        let bytes = unsafe {
            let words = rounded(sums);
            vget_lane_u32::<0>(vreinterpret_u32_u8(vqmovn_u16(vcombine_u16(words, words))))
        };
        // The fourth comes to where the next pixel will be, or into the padding.
        to[3 * at..3 * at + 4].copy_from_slice(&bytes.to_le_bytes());
    }
}

/// Sixteen values at a time.
pub fn down(taps: &Taps, at: usize, lines: &Lines, width: usize, to: &mut [u8]) {
    for first in (0..width).step_by(16) {
        // SAFETY: makes a vector of a number.
        let mut sums = [unsafe { vdupq_n_s32(HALF) }; 4];
        for (pair, upper, lower) in lines.weighted(taps, at) {
            let [above, below] = pair.weights();
            // SAFETY: a line has 16 bytes behind each of its values.
            let [upper, lower] = [upper, lower].map(|line| unsafe { vld1q_u8(line.as_ptr().add(first)) });
            add(&mut sums, upper, above);
            add(&mut sums, lower, below);
        }
        // SAFETY: arithmetic on registers, and 16 bytes are written, into the padding at last.
        unsafe {
            let [a, b, c, d] = sums.map(|sums| rounded(sums));
            let bytes = vqmovn_high_u16(vqmovn_u16(vcombine_u16(a, b)), vcombine_u16(c, d));
            vst1q_u8(to.as_mut_ptr().add(first), bytes);
        }
    }
}

#[inline]
fn add(sums: &mut [int32x4_t; 4], values: uint8x16_t, weight: i32) {
    // SAFETY: arithmetic on registers; every arm64 processor has it.
    unsafe {
        let halves = [vmovl_u8(vget_low_u8(values)), vmovl_high_u8(values)];
        for (sums, half) in sums.as_chunks_mut::<2>().0.iter_mut().zip(halves) {
            sums[0] = vmlaq_n_s32(sums[0], whole(vget_low_u16(half)), weight);
            sums[1] = vmlaq_n_s32(sums[1], whole(vget_high_u16(half)), weight);
        }
    }
}

#[inline]
fn whole(values: uint16x4_t) -> int32x4_t {
    // SAFETY: as above.
    unsafe { vreinterpretq_s32_u32(vmovl_u16(values)) }
}

/// Whole numbers from 0; those above 255 are cut off when they become bytes.
#[inline]
fn rounded(sums: int32x4_t) -> uint16x4_t {
    // SAFETY: as above.
    unsafe { vqmovun_s32(vshrq_n_s32::<{ PLACES as i32 }>(sums)) }
}
