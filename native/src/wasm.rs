//! What JavaScript calls beside the C ABI where this is WebAssembly (src/kernel/wasm/worker.ts), and what it gives.

use crate::c_abi::{Piece, decode, measure};
use crate::hand_over::put_at;
use crate::png_join;
use crate::tally::Measure;
use std::alloc::Layout;
use std::ffi::c_char;

/// Of memory that JavaScript fills and reads.
const ALIGNMENT: usize = 16;

/// Memory of at least one byte, or null where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn fanfleet_allocate(bytes: usize) -> *mut u8 {
    match Layout::from_size_align(bytes, ALIGNMENT) {
        // SAFETY: it is not of size zero.
        Ok(layout) if bytes > 0 => unsafe { std::alloc::alloc(layout) },
        _ => std::ptr::null_mut(),
    }
}

/// # Safety
///
/// `fanfleet_allocate` gave it for so many bytes, and it is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_free(memory: *mut u8, bytes: usize) {
    // SAFETY: as the caller promises.
    unsafe { std::alloc::dealloc(memory, Layout::from_size_align_unchecked(bytes, ALIGNMENT)) }
}

/// Join the compressed data of a PNG in place; its pieces follow each other. Gives the length that it has then.
///
/// # Safety
///
/// So many bytes must be there, which nobody else uses meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_join(file: *mut u8, length: usize) -> usize {
    // SAFETY: as the caller promises.
    png_join::join(unsafe { std::slice::from_raw_parts_mut(file, length) })
}

/// As `fanfleet_measure`, of JPEG decoded at an eighth of its size.
///
/// # Safety
///
/// As for `fanfleet_measure`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_measure_eighth(
    files: *const *const u8,
    pieces: *const Piece,
    images: *const u32,
    count: usize,
    numbers: *mut u64,
    details: *mut c_char,
) {
    // SAFETY: as the caller promises.
    unsafe { measure(Measure::Eighth, files, pieces, images, count, numbers, std::ptr::null_mut(), details) }
}

/// As `fanfleet_pixels`, the pixels being put into JavaScript's memory.
///
/// # Safety
///
/// As for `fanfleet_pixels`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_put_pixels(
    files: *const *const u8,
    pieces: *const Piece,
    images: *const u32,
    count: usize,
    numbers: *mut u64,
    details: *mut c_char,
) {
    // SAFETY: as the caller promises.
    unsafe { decode(put_at, files, pieces, images, count, numbers, details) }
}
