//! Stretching of 32 values at a time by AVX2, which has no lookup among 256 bytes: by the arithmetic itself, in 16 bits.

use crate::stretch::{Range, Table};
use std::arch::x86_64::*;

/// Three vectors of pixels: in each of them a byte has another channel than in the next.
const BLOCK: usize = 3 * 32;

/// Stretch as many values as fill whole blocks and give the rest.
#[target_feature(enable = "avx2")]
pub fn stretch<'a>(pixels: &'a mut [u8], _: &Table, range: Range) -> &'a mut [u8] {
    stretch_blocks(pixels, [range; 3])
}

/// Like `stretch`, with three channels of their own ranges; the rest begins with a whole pixel.
#[target_feature(enable = "avx2")]
pub fn stretch_each<'a>(pixels: &'a mut [u8], _: &[Table; 3], ranges: [Range; 3]) -> &'a mut [u8] {
    stretch_blocks(pixels, ranges)
}

#[target_feature(enable = "avx2")]
fn stretch_blocks(pixels: &mut [u8], ranges: [Range; 3]) -> &mut [u8] {
    let factors = [0, 1, 2].map(|at| Factors::of_vector(ranges, at));
    let (blocks, rest) = pixels.as_chunks_mut::<BLOCK>();
    for block in blocks {
        for (vector, factors) in block.as_chunks_mut::<32>().0.iter_mut().zip(&factors) {
            store(vector, factors.stretch(load(vector)));
        }
    }
    rest
}

/// What the 32 values of a vector are calculated with: one byte for each, or 16 bits for each of its two halves in the
/// order of `_mm256_unpacklo_epi8` and `_mm256_unpackhi_epi8`.
struct Factors {
    min: __m256i,
    width: __m256i,
    halves: [Half; 2],
}

struct Half {
    width: __m256i,
    /// Two to the power that brings the width into 128 to 255 and it to the upper byte.
    upper: __m256i,
    /// 255 * 2^15 divided by the width as it is then, rounded up.
    reciprocal: __m256i,
}

impl Factors {
    /// Those of the vector `at` of a block.
    #[target_feature(enable = "avx2")]
    fn of_vector(ranges: [Range; 3], at: usize) -> Self {
        let of = |place: usize| ranges[(32 * at + place) % 3];
        let bytes = |byte: fn(Range) -> u8| load(&std::array::from_fn(|place| byte(of(place))));
        Self {
            min: bytes(|range| range.min),
            width: bytes(Range::width),
            halves: [0, 8].map(|half| {
                // Each 16 bytes of a vector give 8 numbers to either half.
                let words = |word: fn(u16) -> u16| {
                    load_words(&std::array::from_fn(|at| {
                        word(u16::from(of(at / 8 * 16 + half + at % 8).width().max(1)))
                    }))
                };
                Half {
                    width: words(|width| width),
                    upper: words(|width| 1 << shift(width)),
                    reciprocal: words(|width| (255_u32 << 15).div_ceil(u32::from(width) << (shift(width) - 8)) as u16),
                }
            }),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn stretch(&self, values: __m256i) -> __m256i {
        let above = _mm256_min_epu8(_mm256_subs_epu8(values, self.min), self.width);
        let zero = _mm256_setzero_si256();
        let [low, high] = &self.halves;
        _mm256_packus_epi16(
            low.stretch(_mm256_unpacklo_epi8(above, zero)),
            high.stretch(_mm256_unpackhi_epi8(above, zero)),
        )
    }
}

impl Half {
    /// `Range::byte` of numbers above the minimum. The quotient by the reciprocal may be one too large where its
    /// fraction is next to one. The rest is then negative, and what is rounded up is right without another one.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn stretch(&self, above: __m256i) -> __m256i {
        let high = _mm256_mulhi_epu16(_mm256_mullo_epi16(above, self.upper), self.reciprocal);
        let quotient = _mm256_srli_epi16::<7>(high);
        let scaled = _mm256_sub_epi16(_mm256_slli_epi16::<8>(above), above);
        let rest = _mm256_sub_epi16(scaled, _mm256_mullo_epi16(quotient, self.width));
        let is_odd = _mm256_and_si256(quotient, _mm256_set1_epi16(1));
        let doubled = _mm256_add_epi16(_mm256_add_epi16(rest, rest), is_odd);
        _mm256_sub_epi16(quotient, _mm256_cmpgt_epi16(doubled, self.width))
    }
}

fn shift(width: u16) -> u32 {
    width.leading_zeros()
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: there are 32 bytes, and the load need not be aligned.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_words(words: &[u16; 16]) -> __m256i {
    // SAFETY: as above.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(bytes: &mut [u8; 32], values: __m256i) {
    // SAFETY: as above.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), values) }
}
