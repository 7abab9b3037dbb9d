//! Resampling by AVX2, which multiplies pairs of values by pairs of weights of 16 bits: so a weight comes in two parts.

use crate::resample::{HALF, Lines};
use crate::taps::{LOW_PLACES, PLACES, Pair, Taps};
use std::arch::x86_64::*;

/// Of two pixels of RGB beside each other: R R, G G and B B as numbers of 16 bits.
const SIDE_BY_SIDE: [i8; 16] = [0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1];

/// Two pixels at a time, each in a half of the vectors.
///
/// # Safety
///
/// The lengths must be as `resample::across` asks for.
#[target_feature(enable = "avx2")]
pub unsafe fn across(taps: &Taps, line: &[u8], to: &mut [u8]) {
    // SAFETY: there are 16 bytes.
    let order = unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(SIDE_BY_SIDE.as_ptr().cast())) };
    let last = taps.len() - 1;
    for at in (0..taps.len()).step_by(2) {
        let [one, two] = [at, (at + 1).min(last)];
        let mut sums = Sums::new();
        for (pair, weights) in taps.of(one).iter().zip(taps.of(two)).enumerate() {
            // SAFETY: a line has 16 bytes behind each pixel that has a weight, those of zero included.
            let [left, right] = [one, two]
                .map(|place| unsafe { _mm_loadu_si128(line.as_ptr().add(3 * (taps.firsts[place] + 2 * pair)).cast()) });
            let values = _mm256_shuffle_epi8(_mm256_set_m128i(right, left), order);
            let [low, high] = [of_low(weights.0, weights.1), of_high(weights.0, weights.1)];
            sums.add(values, low, high);
        }
        let words = _mm256_packs_epi32(sums.rounded(), _mm256_setzero_si256());
        let bytes = _mm256_packus_epi16(words, words);
        // SAFETY: four bytes are written for each pixel, the fourth where the next one will be, or into the padding.
        unsafe {
            let place = to.as_mut_ptr().add(3 * at);
            place.cast::<i32>().write_unaligned(_mm256_extract_epi32::<0>(bytes));
            place.add(3).cast::<i32>().write_unaligned(_mm256_extract_epi32::<4>(bytes));
        }
    }
}

/// Sixteen values at a time.
///
/// # Safety
///
/// The lengths must be as `resample::down` asks for.
#[target_feature(enable = "avx2")]
pub unsafe fn down(taps: &Taps, at: usize, lines: &Lines, width: usize, to: &mut [u8]) {
    for first in (0..width).step_by(16) {
        let mut sums = [Sums::new(), Sums::new()];
        for (pair, upper, lower) in lines.weighted(taps, at) {
            // SAFETY: a line has 16 bytes behind each of its values.
            let [upper, lower] = [upper, lower].map(|line| unsafe { _mm_loadu_si128(line.as_ptr().add(first).cast()) });
            let [low, high] = [of_low(pair, pair), of_high(pair, pair)];
            sums[0].add(_mm256_cvtepu8_epi16(_mm_unpacklo_epi8(upper, lower)), low, high);
            sums[1].add(_mm256_cvtepu8_epi16(_mm_unpackhi_epi8(upper, lower)), low, high);
        }
        let words = _mm256_packs_epi32(sums[0].rounded(), sums[1].rounded());
        let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(words);
        let bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
        // SAFETY: as above.
        unsafe { _mm_storeu_si128(to.as_mut_ptr().add(first).cast(), bytes) }
    }
}

/// Eight sums by either part of the weights.
#[derive(Clone, Copy)]
struct Sums {
    low: __m256i,
    high: __m256i,
}

impl Sums {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new() -> Self {
        Self { low: _mm256_set1_epi32(HALF), high: _mm256_setzero_si256() }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn add(&mut self, values: __m256i, low: __m256i, high: __m256i) {
        self.low = _mm256_add_epi32(self.low, _mm256_madd_epi16(values, low));
        self.high = _mm256_add_epi32(self.high, _mm256_madd_epi16(values, high));
    }

    /// Whole numbers, before they are cut off to bytes. Either part may overflow where there are many pixels; their sum does not.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn rounded(self) -> __m256i {
        let high = _mm256_slli_epi32::<{ LOW_PLACES as i32 }>(self.high);
        _mm256_srai_epi32::<{ PLACES as i32 }>(_mm256_add_epi32(self.low, high))
    }
}

/// The lower parts of two pairs of weights, one for each half of a vector.
#[inline]
#[target_feature(enable = "avx2")]
fn of_low(one: &Pair, two: &Pair) -> __m256i {
    _mm256_set_m128i(_mm_set1_epi32(two.low()), _mm_set1_epi32(one.low()))
}

#[inline]
#[target_feature(enable = "avx2")]
fn of_high(one: &Pair, two: &Pair) -> __m256i {
    _mm256_set_m128i(_mm_set1_epi32(two.high()), _mm_set1_epi32(one.high()))
}
