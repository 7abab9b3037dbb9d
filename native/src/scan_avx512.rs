//! Blocks of pixels by AVX-512 with VNNI, whose dot product of bytes adds up squares at once.

use crate::scan::Channel;
use std::arch::x86_64::*;

/// One channel, spread over the lanes of vectors in any order.
#[derive(Clone, Copy)]
struct Lanes {
    sum: __m512i,
    /// Of v * (v - 128): the dot product takes one factor without and one with a sign.
    products: __m512i,
    min: __m512i,
    max: __m512i,
}

impl Lanes {
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn none() -> Self {
        let zero = _mm512_setzero_si512();
        Self { sum: zero, products: zero, min: _mm512_set1_epi8(-1), max: zero }
    }

    /// Add 64 values of the channel.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn add(&mut self, values: __m512i) {
        let less_128 = _mm512_xor_si512(values, _mm512_set1_epi8(-128));
        self.sum = _mm512_dpbusd_epi32(self.sum, values, _mm512_set1_epi8(1));
        self.products = _mm512_dpbusd_epi32(self.products, values, less_128);
        self.min = _mm512_min_epu8(self.min, values);
        self.max = _mm512_max_epu8(self.max, values);
    }

    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn total(&self) -> Channel {
        let (mut sums, mut products) = ([0i32; 16], [0i32; 16]);
        let (mut min, mut max) = ([0u8; 64], [0u8; 64]);
        // SAFETY: each array has the 64 bytes that are stored.
        unsafe {
            _mm512_storeu_si512(sums.as_mut_ptr().cast(), self.sum);
            _mm512_storeu_si512(products.as_mut_ptr().cast(), self.products);
            _mm512_storeu_si512(min.as_mut_ptr().cast(), self.min);
            _mm512_storeu_si512(max.as_mut_ptr().cast(), self.max);
        }
        let sum: i64 = sums.iter().copied().map(i64::from).sum();
        let products: i64 = products.iter().copied().map(i64::from).sum();
        Channel {
            sum: sum as u64,
            sum_sq: (products + 128 * sum) as u64,
            min: min.into_iter().min().unwrap_or(u8::MAX),
            max: max.into_iter().max().unwrap_or(0),
        }
    }
}

#[target_feature(enable = "avx512bw,avx512vnni")]
pub fn grey_blocks(blocks: &[u8]) -> Channel {
    let mut lanes = Lanes::none();
    for block in blocks.as_chunks().0 {
        lanes.add(load(block));
    }
    lanes.total()
}

/// Three vectors hold 64 pixels. A channel is every third byte, and 64 modulo 3 is 1, so the places of a channel in the
/// three vectors never meet: two blends gather it into one vector. Their order does not matter.
#[target_feature(enable = "avx512bw,avx512vnni")]
pub fn rgb_blocks(blocks: &[u8]) -> [Channel; 3] {
    let mut lanes = [Lanes::none(); 3];
    let [at_0, at_1, at_2] = [0, 1, 2].map(every_third);
    for [a, b, c] in blocks.as_chunks().0.as_chunks().0 {
        let (a, b, c) = (load(a), load(b), load(c));
        lanes[0].add(_mm512_mask_blend_epi8(at_1, _mm512_mask_blend_epi8(at_2, a, b), c));
        lanes[1].add(_mm512_mask_blend_epi8(at_2, _mm512_mask_blend_epi8(at_0, a, b), c));
        lanes[2].add(_mm512_mask_blend_epi8(at_0, _mm512_mask_blend_epi8(at_1, a, b), c));
    }
    lanes.map(|channel| channel.total())
}

/// The bits whose place modulo 3 is `first`.
fn every_third(first: u32) -> u64 {
    (0..64).filter(|place| place % 3 == first).map(|place| 1 << place).sum()
}

#[inline]
#[target_feature(enable = "avx512bw,avx512vnni")]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: there are 64 bytes, and the load need not be aligned.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}
