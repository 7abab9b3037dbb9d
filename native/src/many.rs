//! Many images on one thread, one after the other: what every edge of this library does.

use crate::image::{Failure, Image, Outcome};
use crate::kernel;
use crate::normalise::{Normalisation, Normalised};
use crate::tally::Measure;
use crate::tensor::{self, Plan, Recipe, Times};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

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
        take(at, without_panic(|| kernel::measure(&image, wanted)));
    }
}

/// Decode images as `measure` measures them, and hand over their pixels, three bytes each: `put` takes some of them and
/// where they begin, all images lying one behind the other. Of an image that fails it may have had some.
pub fn pixels<'a>(
    images: &[u32],
    mut pieces: impl Iterator<Item = &'a [u8]>,
    mut put: impl FnMut(usize, &[u8]),
    mut take: impl FnMut(usize, Result<Duration, Failure>),
) {
    let mut first = 0;
    for (at, numbers) in images.chunks_exact(IN).enumerate() {
        let own = pieces.by_ref().take(numbers[2] as usize).collect();
        let image = Image { width: numbers[0], height: numbers[1], pieces: own };
        let mut next = first;
        let outcome = without_panic(|| {
            kernel::pixels(&image, |strip| {
                put(next, strip);
                next += strip.len();
            })
        });
        take(at, outcome);
        first += 3 * image.pixels();
    }
}

/// Make the tensors of images, of which `images` has `tensor::IN` numbers each, one behind the other. `to` has room for all of
/// them; what it has of one that fails has no meaning.
pub fn tensors<'a>(
    images: &[u32],
    mut pieces: impl Iterator<Item = &'a [u8]>,
    recipe: &Recipe,
    to: &mut [u8],
    mut take: impl FnMut(usize, Result<Times, Failure>),
) {
    let mut rest = to;
    for (at, numbers) in images.chunks_exact(tensor::IN).enumerate() {
        let own = pieces.by_ref().take(numbers[2] as usize).collect();
        let image = Image { width: numbers[0], height: numbers[1], pieces: own };
        let (place, behind) = rest.split_at_mut(recipe.length(numbers) as usize);
        rest = behind;
        let plan = Plan::of(numbers).ok_or(Failure::Foreign);
        take(at, plan.and_then(|plan| without_panic(|| tensor::make(&image, &plan, recipe, place))));
    }
}

/// Normalise one image.
pub fn normalise(image: &Image, normalisation: &Normalisation) -> Result<Normalised, Failure> {
    without_panic(|| kernel::normalise(image, normalisation))
}

/// A panic would end the process; it is one image that could not be done here.
fn without_panic<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Failure::Foreign))
}
