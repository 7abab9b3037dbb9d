//! Tensors of images for other languages than JavaScript, in the C ABI: ec2-workers/fanfleet/native_library.py calls it.

use crate::c_abi::{Piece, pieces_of, tell};
use crate::many;
use crate::tensor::{IN, Recipe};
use std::ffi::c_char;
use std::slice;

/// Numbers per image that come out: state, nanoseconds of decoding, and of the rest.
const OUT: usize = 3;

/// What is the same for all images of a call.
#[repr(C)]
pub struct TensorSettings {
    /// By its place in `TENSOR_FILTERS` of src/contract/tensor.ts.
    filter: u32,
    /// Whether all of a channel comes before the next one.
    planar: u32,
    /// Whether values become float32 by these means and standard deviations, or stay bytes.
    floats: u32,
    mean: [f32; 3],
    std: [f32; 3],
}

/// Make the tensors of images on this thread.
///
/// `images` are ten numbers for each of `count` (`tensor::IN` says which); `files`, `pieces` and `details` are as for
/// `fanfleet_measure`. `tensors` takes one tensor behind the other; what it has of images that fail has no meaning. `numbers`
/// takes three for each image.
///
/// Gives whether `room`, the bytes that are there for tensors, is enough for all, and the filter is known. Where it is not,
/// nothing is done.
///
/// # Safety
///
/// All of that must be there, and nobody may use it meanwhile.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn fanfleet_tensors(
    files: *const *const u8,
    pieces: *const Piece,
    images: *const u32,
    count: usize,
    settings: *const TensorSettings,
    tensors: *mut u8,
    room: usize,
    numbers: *mut u64,
    details: *mut c_char,
) -> bool {
    // SAFETY: as the caller promises.
    let (images, settings) = unsafe { (slice::from_raw_parts(images, IN * count), &*settings) };
    let constants = (settings.floats != 0).then_some((settings.mean, settings.std));
    let Some(recipe) = Recipe::new(settings.filter, settings.planar != 0, constants) else {
        return false;
    };
    let wanted: u128 = images.chunks_exact(IN).map(|image| recipe.length(image)).sum();
    if wanted > room as u128 {
        return false;
    }
    // SAFETY: as the caller promises; where there are no values they may be nowhere.
    let tensors = if wanted == 0 { &mut [] } else { unsafe { slice::from_raw_parts_mut(tensors, room) } };
    // SAFETY: as above.
    let numbers = unsafe { slice::from_raw_parts_mut(numbers, OUT * count) };
    let counted = images.chunks_exact(IN).map(|image| image[2] as usize).sum();
    let mut damaged = 0;
    // SAFETY: as above.
    let pieces = unsafe { pieces_of(files, pieces, counted) };
    many::tensors(images, pieces, &recipe, tensors, |at, outcome| {
        let times =
            outcome.as_ref().map_or([0; 2], |times| [times.decoding, times.making].map(|time| time.as_nanos() as u64));
        // SAFETY: there are so many bytes for each image.
        let state = unsafe { tell(outcome.map(|_| ()), details, &mut damaged) };
        numbers[OUT * at..OUT * (at + 1)].copy_from_slice(&[state, times[0], times[1]]);
    });
    true
}
