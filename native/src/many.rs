//! Many images on one thread, one after the other: what every edge of this library does.

use crate::image::{self, Failure, Image, Measure, Outcome};
use crate::normalise::{Normalisation, Normalised};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Numbers per image that go in: width, height, count of pieces.
pub const IN: usize = 3;

#[cfg(not(target_family = "wasm"))]
/// Whether `images` are three numbers each, and `pieces` as many as they say.
pub fn is_whole(images: &[u32], pieces: usize) -> bool {
    let counted: usize = images.chunks(IN).map(|image| *image.last().unwrap_or(&0) as usize).sum();
    images.len().is_multiple_of(IN) && counted == pieces
}

/// Measure images whose pieces follow each other, and hand over what became of each.
///
/// `images` and `pieces` fit together, as `is_whole` says.
pub fn measure<'a>(
    images: &[u32],
    mut pieces: impl Iterator<Item = &'a [u8]>,
    wanted: Measure,
    mut take: impl FnMut(usize, Result<Outcome, Failure>),
) {
    for (at, numbers) in images.chunks_exact(IN).enumerate() {
        let own = pieces.by_ref().take(numbers[2] as usize).collect();
        let image = Image { width: numbers[0], height: numbers[1], pieces: own };
        take(at, without_panic(|| image::measure(&image, wanted)));
    }
}

/// Normalise one image.
pub fn normalise(image: &Image, normalisation: &Normalisation) -> Result<Normalised, Failure> {
    without_panic(|| image::normalise(image, normalisation))
}

/// A panic would end the process; it is one image that could not be done here.
fn without_panic<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Failure::Foreign))
}
