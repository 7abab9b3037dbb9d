//! Resampling for x86-64: AVX2 where the processor has it.

use super::{Lines, portable};
use crate::processor::Vectors;
use crate::taps::Taps;
use std::sync::LazyLock;

#[path = "resample_avx2.rs"]
mod avx2;

static HAS_AVX2: LazyLock<bool> = LazyLock::new(|| Vectors::Avx2.are_here());

pub fn across(taps: &Taps, line: &[u8], to: &mut [u8]) {
    if *HAS_AVX2 {
        // SAFETY: the processor has it, and `super::across` has compared the lengths.
        unsafe { avx2::across(taps, line, to) }
    } else {
        portable::across(taps, line, to);
    }
}

pub fn down(taps: &Taps, at: usize, lines: &Lines, width: usize, to: &mut [u8]) {
    if *HAS_AVX2 {
        // SAFETY: as above, in `super::down`.
        unsafe { avx2::down(taps, at, lines, width, to) }
    } else {
        portable::down(taps, at, lines, width, to);
    }
}
