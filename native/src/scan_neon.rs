//! The scan for arm64, where every processor has NEON.

use super::Channel;
use std::arch::aarch64::*;

/// Add as many pixels as fill whole vectors and give the rest.
pub fn scan_grey<'a>(pixels: &'a [u8], total: &mut Channel) -> &'a [u8] {
    let (blocks, rest) = pixels.split_at(pixels.len() / 16 * 16);
    for part in blocks.chunks(16 * BLOCKS_PER_SUM) {
        let mut lanes = Lanes::none();
        for block in part.chunks_exact(16) {
            // SAFETY: a block has the 16 bytes that are loaded.
            lanes.add(unsafe { vld1q_u8(block.as_ptr()) });
        }
        total.merge(&lanes.total());
    }
    rest
}

/// Like `scan_grey`, for pixels of three bytes, which NEON takes apart as it loads them.
pub fn scan_rgb<'a>(pixels: &'a [u8], total: &mut [Channel; 3]) -> &'a [u8] {
    let (blocks, rest) = pixels.split_at(pixels.len() / 48 * 48);
    for part in blocks.chunks(48 * BLOCKS_PER_SUM) {
        let mut lanes = [Lanes::none(); 3];
        for block in part.chunks_exact(48) {
            // SAFETY: a block has the 48 bytes that are loaded.
            let uint8x16x3_t(red, green, blue) = unsafe { vld3q_u8(block.as_ptr()) };
            lanes[0].add(red);
            lanes[1].add(green);
            lanes[2].add(blue);
        }
        total.iter_mut().zip(&lanes).for_each(|(all, channel)| all.merge(&channel.total()));
    }
    rest
}

/// A block adds at most 4 * 255^2 to a 32-bit sum of squares: 2^14 of them stay under 2^32.
const BLOCKS_PER_SUM: usize = 1 << 14;

/// One channel, spread over the lanes of vectors in any order.
#[derive(Clone, Copy)]
struct Lanes {
    sum: uint32x4_t,
    sum_sq: uint32x4_t,
    min: uint8x16_t,
    max: uint8x16_t,
}

impl Lanes {
    fn none() -> Self {
        // SAFETY: these make a vector of a number; every arm64 processor has them.
        unsafe { Self { sum: vdupq_n_u32(0), sum_sq: vdupq_n_u32(0), min: vdupq_n_u8(u8::MAX), max: vdupq_n_u8(0) } }
    }

    /// Add 16 values of the channel.
    #[inline]
    fn add(&mut self, values: uint8x16_t) {
        // SAFETY: arithmetic on registers; every arm64 processor has it.
        unsafe {
            self.sum = vpadalq_u16(self.sum, vpaddlq_u8(values));
            let low = vget_low_u8(values);
            self.sum_sq = vpadalq_u16(self.sum_sq, vmull_u8(low, low));
            self.sum_sq = vpadalq_u16(self.sum_sq, vmull_high_u8(values, values));
            self.min = vminq_u8(self.min, values);
            self.max = vmaxq_u8(self.max, values);
        }
    }

    fn total(&self) -> Channel {
        // SAFETY: arithmetic on registers; every arm64 processor has it.
        unsafe {
            Channel {
                sum: vaddlvq_u32(self.sum),
                sum_sq: vaddlvq_u32(self.sum_sq),
                min: vminvq_u8(self.min),
                max: vmaxvq_u8(self.max),
            }
        }
    }
}
