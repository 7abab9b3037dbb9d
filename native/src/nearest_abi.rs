//! The calls for the nearest of a training set, in the C ABI (`c_abi` has the others).
//!
//! A training set may be searched by several threads at once.

use crate::nearest::Training;
use std::slice;

/// Prepare `count` vectors of `length` bytes, which are copied. Gives null where they are unfit: none, or longer than 66,051.
///
/// # Safety
///
/// So many bytes must be there, and nobody may change them meanwhile. What is given goes to `fanfleet_nearest_release`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_nearest_prepare(vectors: *const u8, count: usize, length: usize) -> *mut Training {
    let Some(bytes) = count.checked_mul(length).filter(|bytes| *bytes > 0) else { return std::ptr::null_mut() };
    // SAFETY: as the caller promises.
    let prepared = Training::new(unsafe { slice::from_raw_parts(vectors, bytes) }, length);
    prepared.map_or(std::ptr::null_mut(), |training| Box::into_raw(Box::new(training)))
}

/// For each of `count` queries the `k` nearest, ordered by distance and then by index, on this thread.
///
/// # Safety
///
/// `training` was prepared and not released, `k` is 1 to its count, the queries are as long as its vectors, and there is
/// room for `count` times `k` indices and distances.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_nearest_find(
    training: *const Training,
    queries: *const u8,
    count: usize,
    k: usize,
    indices: *mut u32,
    distances: *mut u32,
) {
    if count == 0 {
        return;
    }
    // SAFETY: as the caller promises.
    let training = unsafe { &*training };
    // SAFETY: as above.
    let queries = unsafe { slice::from_raw_parts(queries, count * training.length()) };
    // SAFETY: as above.
    let indices = unsafe { slice::from_raw_parts_mut(indices, count * k) };
    // SAFETY: as above.
    let distances = unsafe { slice::from_raw_parts_mut(distances, count * k) };
    training.find(queries, k, indices, distances);
}

/// Free what was prepared.
///
/// # Safety
///
/// `fanfleet_nearest_prepare` gave it, and it is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_nearest_release(training: *mut Training) {
    // SAFETY: as the caller promises.
    drop(unsafe { Box::from_raw(training) });
}
