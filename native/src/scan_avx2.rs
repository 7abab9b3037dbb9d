//! Blocks of pixels by AVX2.

use crate::scan::Channel;
use std::arch::x86_64::*;

/// One channel, spread over the lanes of vectors in any order.
#[derive(Clone, Copy)]
struct Lanes {
    sum: __m256i,
    sum_sq: __m256i,
    min: __m256i,
    max: __m256i,
}

impl Lanes {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn none() -> Self {
        let zero = _mm256_setzero_si256();
        Self { sum: zero, sum_sq: zero, min: _mm256_set1_epi8(-1), max: zero }
    }

    /// Add 32 values of the channel.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn add(&mut self, values: __m256i) {
        self.sum = _mm256_add_epi64(self.sum, _mm256_sad_epu8(values, _mm256_setzero_si256()));
        let even = _mm256_and_si256(values, _mm256_set1_epi16(0xff));
        let odd = _mm256_srli_epi16::<8>(values);
        let squares = _mm256_add_epi32(_mm256_madd_epi16(even, even), _mm256_madd_epi16(odd, odd));
        self.sum_sq = _mm256_add_epi32(self.sum_sq, squares);
        self.min = _mm256_min_epu8(self.min, values);
        self.max = _mm256_max_epu8(self.max, values);
    }

    #[target_feature(enable = "avx2")]
    fn total(&self) -> Channel {
        let (mut sum, mut sum_sq) = ([0u64; 4], [0u32; 8]);
        let (mut min, mut max) = ([0u8; 32], [0u8; 32]);
        // SAFETY: each array has the 32 bytes that are stored.
        unsafe {
            _mm256_storeu_si256(sum.as_mut_ptr().cast(), self.sum);
            _mm256_storeu_si256(sum_sq.as_mut_ptr().cast(), self.sum_sq);
            _mm256_storeu_si256(min.as_mut_ptr().cast(), self.min);
            _mm256_storeu_si256(max.as_mut_ptr().cast(), self.max);
        }
        Channel {
            sum: sum.iter().sum(),
            sum_sq: sum_sq.iter().copied().map(u64::from).sum(),
            min: min.into_iter().min().unwrap_or(u8::MAX),
            max: max.into_iter().max().unwrap_or(0),
        }
    }
}

#[target_feature(enable = "avx2")]
pub fn grey_blocks(blocks: &[u8]) -> Channel {
    let mut lanes = Lanes::none();
    for block in blocks.as_chunks().0 {
        lanes.add(load(block));
    }
    lanes.total()
}

/// Each channel on its own, since three at once need more than the sixteen registers; the runs stay in the cache.
#[target_feature(enable = "avx2")]
pub fn rgb_blocks(blocks: &[u8]) -> [Channel; 3] {
    let mut lanes = [Lanes::none(); 3];
    let places = [0, 1, 2].map(|first| every_third(first));
    for run in blocks.as_chunks().0.chunks(96) {
        for (at, channel) in lanes.iter_mut().enumerate() {
            *channel = add_third(*channel, run, places[(at + 1) % 3], places[(at + 2) % 3]);
        }
    }
    lanes.map(|channel| channel.total())
}

/// Three vectors hold 32 pixels. A channel is every third byte, and 32 modulo 3 is 2, so the places of a channel in the
/// three vectors never meet: two blends gather it into one vector. Their order does not matter.
#[inline]
#[target_feature(enable = "avx2")]
fn add_third(mut channel: Lanes, run: &[[u8; 32]], in_second: __m256i, in_third: __m256i) -> Lanes {
    for [a, b, c] in run.as_chunks().0 {
        channel.add(_mm256_blendv_epi8(_mm256_blendv_epi8(load(a), load(b), in_second), load(c), in_third));
    }
    channel
}

/// All bits set in the bytes whose place modulo 3 is `first`.
#[target_feature(enable = "avx2")]
fn every_third(first: usize) -> __m256i {
    load(&std::array::from_fn(|place| if place % 3 == first { 0xff } else { 0 }))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: there are 32 bytes, and the load need not be aligned.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}
