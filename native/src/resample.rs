//! Resampling of lines of RGB as Pillow 13 does it with 8 bits: weights of 22 binary places, sums of integers, and each pass
//! rounded and cut off to bytes (docs/tensors.md).

use crate::taps::{PLACES, Pair, Taps};

#[cfg(any(not(any(target_family = "wasm", target_arch = "aarch64")), test))]
#[path = "resample_portable.rs"]
mod portable;
#[cfg(target_arch = "x86_64")]
#[path = "resample_x86.rs"]
mod vector;
#[cfg(target_family = "wasm")]
#[path = "resample_wasm.rs"]
mod vector;
#[cfg(target_arch = "aarch64")]
#[path = "resample_neon.rs"]
mod vector;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_family = "wasm")))]
use portable as vector;

/// Bytes that vectors may read behind a line, and write behind what is wanted of it.
pub const PADDING: usize = 32;
const HALF: i32 = 1 << (PLACES - 1);

/// Lines that follow each other.
#[derive(Clone, Copy)]
pub struct Lines<'a> {
    /// With `PADDING` bytes behind the last line.
    pub bytes: &'a [u8],
    pub stride: usize,
    /// The number that the first one has among all.
    pub first: usize,
}

impl<'a> Lines<'a> {
    fn line(&self, at: usize) -> &'a [u8] {
        &self.bytes[(at - self.first) * self.stride..]
    }

    /// Two by two with their weights, those of pixel `at`; the last one may be there twice, and have none.
    fn weighted<'b>(&self, taps: &'b Taps, at: usize) -> impl Iterator<Item = (&'b Pair, &'a [u8], &'a [u8])> {
        let (lines, first, end) = (*self, taps.firsts[at], taps.ends[at]);
        let pairs = taps.of(at).iter().zip((first..end).step_by(2));
        pairs.map(move |(pair, upper)| (pair, lines.line(upper), lines.line((upper + 1).min(end - 1))))
    }
}

/// The horizontal pass over one line of RGB, which is as long as `reach` says. `to` has `PADDING` more than three bytes for each
/// pixel; what is in those has no meaning.
pub fn across(taps: &Taps, line: &[u8], to: &mut [u8]) {
    assert!(line.len() >= reach(taps) && to.len() >= 3 * taps.len() + PADDING);
    vector::across(taps, line, to);
}

/// The vertical pass to line `at` of `width` bytes, for which `to` has `PADDING` more.
pub fn down(taps: &Taps, at: usize, lines: &Lines, width: usize, to: &mut [u8]) {
    let last = taps.ends[at] - 1 - lines.first;
    assert!(lines.bytes.len() >= last * lines.stride + width + PADDING && to.len() >= width + PADDING);
    vector::down(taps, at, lines, width, to);
}

/// The bytes of a line that the horizontal pass may read. What is behind the line may have any value.
pub fn reach(taps: &Taps) -> usize {
    3 * (taps.firsts.last().map_or(0, |first| *first) + 2 * taps.pairs) + PADDING
}

#[cfg(test)]
#[path = "resample_tests.rs"]
mod tests;
