//! The calls for the nearest of some centres, in the C ABI (`c_abi` has the others).
//!
//! Centres may be asked by several threads at once.

use crate::centres::Centres;
use std::slice;

/// Prepare `count` centres, which are copied: of each its own count, and behind it `length` sums. Gives null where they are
/// unfit: no centre, a count that is not 1 to 2^31, a sum of more than 255 times that, vectors of more than 66,051 bytes,
/// or more than 1,048,576 sums in all.
///
/// # Safety
///
/// So many numbers must be there, and nobody may change them meanwhile. What is given goes to `fanfleet_centres_release`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_centres_prepare(numbers: *const u64, count: usize, length: usize) -> *mut Centres {
    let all = length.checked_add(1).and_then(|each| each.checked_mul(count)).filter(|all| *all > 0);
    let Some(all) = all else { return std::ptr::null_mut() };
    // SAFETY: as the caller promises.
    let prepared = Centres::new(unsafe { slice::from_raw_parts(numbers, all) }, length);
    prepared.map_or(std::ptr::null_mut(), |centres| Box::into_raw(Box::new(centres)))
}

/// Put the number of the nearest centre of each of `count` vectors, on this thread; and of each centre how many vectors
/// went to it, the sum of their squares, and the sum of each of their values.
///
/// # Safety
///
/// `centres` were prepared and not released, the vectors are as long as they are, and there is room for `count` numbers,
/// and for as many totals as centres times two more than the length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_centres_assign(
    centres: *const Centres,
    vectors: *const u8,
    count: usize,
    nearest: *mut u32,
    totals: *mut u64,
) {
    // SAFETY: as the caller promises.
    let centres = unsafe { &*centres };
    let room = centres.count() * (centres.length() + 2);
    // SAFETY: as above.
    let totals = unsafe { slice::from_raw_parts_mut(totals, room) };
    if count == 0 {
        return totals.fill(0);
    }
    // SAFETY: as above.
    let vectors = unsafe { slice::from_raw_parts(vectors, count * centres.length()) };
    // SAFETY: as above.
    centres.assign(vectors, unsafe { slice::from_raw_parts_mut(nearest, count) }, totals);
}

/// Free what was prepared.
///
/// # Safety
///
/// `fanfleet_centres_prepare` gave it, and it is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_centres_release(centres: *mut Centres) {
    // SAFETY: as the caller promises.
    drop(unsafe { Box::from_raw(centres) });
}
