//! The calls for other languages than JavaScript, in the C ABI: ec2-workers/fanfleet/native_library.py makes them.
//!
//! They hold no lock and keep nothing of what they are given. Threads may call at once, each with buffers of its own.

use crate::image::{Failure, Image, Outcome};
use crate::many::{self, IN};
use crate::markers;
use crate::normalise::{Normalisation, Output};
use crate::stretch::Range;
use crate::tally::Measure;
use std::ffi::c_char;
use std::slice;
use std::time::Duration;

/// Raised with every change to what is here, in `tensor_abi`, `nearest_abi` and `centres_abi`, so that a library of other sources is
/// not called.
const VERSION: u32 = 7;

/// Numbers per image that come out: state, nanoseconds of decoding and scanning, and per channel sum, sum of squares,
/// minimum and maximum.
const OUT: usize = 15;
/// Bytes for the decoder's words about an image, the zero behind them included.
const DETAIL: usize = 256;

const MEASURED: u64 = 0;
const DAMAGED: u64 = 1;
const FOREIGN: u64 = 2;

/// Part of a file: `length` bytes from `offset` on.
#[repr(C)]
pub struct Piece {
    offset: usize,
    length: usize,
}

#[unsafe(no_mangle)]
pub extern "C" fn fanfleet_version() -> u32 {
    VERSION
}

/// Where the next marker of a JPEG is, from `from` on, that ends entropy-coded data; `length` where there is none.
///
/// # Safety
///
/// So many bytes must be there, and nobody may change them meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_scan_end(file: *const u8, length: usize, from: usize) -> usize {
    // SAFETY: as the caller promises.
    let data = if length == 0 { &[] } else { unsafe { slice::from_raw_parts(file, length) } };
    markers::scan_end(data, from).unwrap_or(length)
}

/// Measure images on this thread.
///
/// `images` are three numbers for each of `count`: width, height, and how many of the pieces are its own. Of piece `at`
/// the file begins at `files[at]`. `numbers` takes 15 for each image; `total`, unless it is null, 3 x 256 counts of how
/// often each value occurs in all images that were measured; `details` 256 bytes for each image that is damaged, in
/// their order: the decoder's words.
///
/// # Safety
///
/// All of that must be there, and nobody may change it meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_measure(
    files: *const *const u8,
    pieces: *const Piece,
    images: *const u32,
    count: usize,
    numbers: *mut u64,
    total: *mut u64,
    details: *mut c_char,
) {
    let wanted = if total.is_null() { Measure::Statistics } else { Measure::Histogram };
    // SAFETY: as the caller promises.
    unsafe { measure(wanted, files, pieces, images, count, numbers, total, details) }
}

/// `fanfleet_measure` of what is wanted.
///
/// # Safety
///
/// As for `fanfleet_measure`.
#[allow(clippy::too_many_arguments)]
pub unsafe fn measure(
    wanted: Measure,
    files: *const *const u8,
    pieces: *const Piece,
    images: *const u32,
    count: usize,
    numbers: *mut u64,
    total: *mut u64,
    details: *mut c_char,
) {
    // SAFETY: as the caller promises.
    let (images, numbers) =
        unsafe { (slice::from_raw_parts(images, IN * count), slice::from_raw_parts_mut(numbers, OUT * count)) };
    let counted = images.chunks_exact(IN).map(|image| image[2] as usize).sum();
    // SAFETY: as above; it is null only where it is not wanted.
    let mut total = unsafe { total.as_mut() }.map(|total| unsafe { slice::from_raw_parts_mut(total, 3 * 256) });
    let mut damaged = 0;
    // SAFETY: as above.
    let pieces = unsafe { pieces_of(files, pieces, counted) };
    many::measure(images, pieces, wanted, |at, outcome| {
        let numbers = &mut numbers[OUT * at..OUT * (at + 1)];
        match outcome {
            Ok(outcome) => {
                write(numbers, &outcome);
                if let (Some(total), Some(histogram)) = (&mut total, &outcome.histogram) {
                    total.iter_mut().zip(histogram.as_flattened()).for_each(|(sum, times)| *sum += u64::from(*times));
                }
            }
            Err(Failure::Damaged(words)) => {
                numbers.fill(0);
                numbers[0] = DAMAGED;
                // SAFETY: there are so many bytes for each image.
                say(unsafe { slice::from_raw_parts_mut(details.cast::<u8>().add(DETAIL * damaged), DETAIL) }, &words);
                damaged += 1;
            }
            Err(Failure::Foreign) => {
                numbers.fill(0);
                numbers[0] = FOREIGN;
            }
        }
    });
}

/// Numbers per image of which only pixels are wanted: state, nanoseconds of decoding.
const OUT_OF_PIXELS: usize = 2;

/// Decode images on this thread, as `fanfleet_measure` takes them.
///
/// `pixels` takes R, G and B of all pixels of all images, one image behind the other; what it has of those that fail has no
/// meaning. `numbers` takes two for each image, and `details` is as there.
///
/// Gives whether `room`, the bytes that are there for pixels, is enough for all images. Where it is not, nothing is done.
///
/// # Safety
///
/// All of that must be there, and nobody may use it meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_pixels(
    files: *const *const u8,
    pieces: *const Piece,
    images: *const u32,
    count: usize,
    pixels: *mut u8,
    room: usize,
    numbers: *mut u64,
    details: *mut c_char,
) -> bool {
    // SAFETY: as the caller promises.
    let sizes = unsafe { slice::from_raw_parts(images, IN * count) };
    let wanted: u128 = sizes.chunks_exact(IN).map(|image| 3 * u128::from(image[0]) * u128::from(image[1])).sum();
    if wanted > room as u128 {
        return false;
    }
    // SAFETY: as the caller promises; where there are no pixels they may be nowhere.
    let pixels = if wanted == 0 { &mut [] } else { unsafe { slice::from_raw_parts_mut(pixels, room) } };
    // A decoder that gave more than the image has would panic here, which is one image that could not be done.
    let put = |at: usize, strip: &[u8]| pixels[at..at + strip.len()].copy_from_slice(strip);
    // SAFETY: as the caller promises.
    unsafe { decode(put, files, pieces, images, count, numbers, details) }
    true
}

/// `fanfleet_pixels` to where they are put.
///
/// # Safety
///
/// As for `fanfleet_pixels`.
pub unsafe fn decode(
    put: impl FnMut(usize, &[u8]),
    files: *const *const u8,
    pieces: *const Piece,
    images: *const u32,
    count: usize,
    numbers: *mut u64,
    details: *mut c_char,
) {
    // SAFETY: as the caller promises.
    let (images, numbers) = unsafe {
        (slice::from_raw_parts(images, IN * count), slice::from_raw_parts_mut(numbers, OUT_OF_PIXELS * count))
    };
    let counted = images.chunks_exact(IN).map(|image| image[2] as usize).sum();
    // SAFETY: as above.
    let pieces = unsafe { pieces_of(files, pieces, counted) };
    let mut damaged = 0;
    many::pixels(images, pieces, put, |at, outcome| {
        let decoding = *outcome.as_ref().unwrap_or(&Duration::ZERO);
        // SAFETY: there are so many bytes for each image.
        let state = unsafe { tell(outcome.map(|_| ()), details, &mut damaged) };
        (numbers[OUT_OF_PIXELS * at], numbers[OUT_OF_PIXELS * at + 1]) = (state, nanoseconds(decoding));
    });
}

/// What one image is made into.
#[repr(C)]
pub struct Request {
    width: u32,
    height: u32,
    /// How many pieces it has.
    pieces: u32,
    /// 0: the lines of a PNG, filtered; 1: a JPEG; 2: numbers of float32.
    format: u32,
    /// Of a JPEG, 1 to 100.
    quality: u32,
    /// Bytes that are left free before the numbers.
    header_bytes: u32,
    /// Whether each channel has its own range.
    each: u32,
    /// Whether `range` counts, instead of the image's own.
    has_range: u32,
    /// Minima of R, G, B, then maxima.
    range: [u8; 6],
}

/// What became of it.
#[repr(C)]
pub struct Made {
    /// Belongs to the caller until `fanfleet_release`; null unless the state is 0.
    output: *mut u8,
    length: usize,
    decode_ns: u64,
    encode_ns: u64,
    /// CRC-32 of the pixels of a JPEG, before they were encoded.
    checksum: u32,
    /// The image's own minima of R, G, B, then maxima.
    extremes: [u8; 6],
    /// The decoder's words about a damaged image.
    detail: [u8; DETAIL],
}

/// Normalise an image on this thread, and give its state: 0 is done, 1 damaged, 2 left to another kernel.
///
/// # Safety
///
/// As for `fanfleet_measure`; what `made` has afterwards goes to `fanfleet_release`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_normalise(
    files: *const *const u8,
    pieces: *const Piece,
    request: *const Request,
    made: *mut Made,
) -> u64 {
    // SAFETY: as the caller promises.
    let (request, made) = unsafe { (&*request, &mut *made) };
    // SAFETY: as above.
    let pieces = unsafe { pieces_of(files, pieces, request.pieces as usize) }.collect();
    let image = Image { width: request.width, height: request.height, pieces };
    let [r, g, b, to_r, to_g, to_b] = request.range;
    let normalisation = Normalisation {
        output: match request.format {
            0 => Output::PngLines,
            1 => Output::Jpeg(request.quality.clamp(1, 100) as u8),
            _ => Output::Floats(request.header_bytes as usize),
        },
        each: request.each != 0,
        range: (request.has_range != 0).then_some([
            Range { min: r, max: to_r },
            Range { min: g, max: to_g },
            Range { min: b, max: to_b },
        ]),
    };
    (made.output, made.length) = (std::ptr::null_mut(), 0);
    match many::normalise(&image, &normalisation) {
        Ok(normalised) => {
            let [red, green, blue] = normalised.ranges;
            made.extremes = [red.min, green.min, blue.min, red.max, green.max, blue.max];
            made.checksum = normalised.checksum;
            made.decode_ns = nanoseconds(normalised.decoding);
            made.encode_ns = nanoseconds(normalised.encoding);
            let output = normalised.output.into_boxed_slice();
            made.length = output.len();
            made.output = Box::into_raw(output).cast();
            MEASURED
        }
        Err(Failure::Damaged(words)) => {
            say(&mut made.detail, &words);
            DAMAGED
        }
        Err(Failure::Foreign) => FOREIGN,
    }
}

/// Free what `fanfleet_normalise` has made; more than once does no harm.
///
/// # Safety
///
/// Its output must not be used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fanfleet_release(made: *mut Made) {
    // SAFETY: as the caller promises.
    let made = unsafe { &mut *made };
    if !made.output.is_null() {
        // SAFETY: `fanfleet_normalise` made it of a box of this length.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(made.output, made.length)) });
        made.output = std::ptr::null_mut();
    }
}

/// The state of an image. Of one that is damaged the decoder's words go to `details`, and it is counted.
///
/// # Safety
///
/// There must be `DETAIL` bytes for each that is damaged.
pub unsafe fn tell(outcome: Result<(), Failure>, details: *mut c_char, damaged: &mut usize) -> u64 {
    match outcome {
        Ok(()) => MEASURED,
        Err(Failure::Damaged(words)) => {
            // SAFETY: as the caller promises.
            say(unsafe { slice::from_raw_parts_mut(details.cast::<u8>().add(DETAIL * *damaged), DETAIL) }, &words);
            *damaged += 1;
            DAMAGED
        }
        Err(Failure::Foreign) => FOREIGN,
    }
}

/// # Safety
///
/// So many of both must be there, and live as long as the images that they are given to.
pub unsafe fn pieces_of<'a>(
    files: *const *const u8,
    pieces: *const Piece,
    count: usize,
) -> impl Iterator<Item = &'a [u8]> {
    (0..count).map(move |at| {
        // SAFETY: as the caller promises.
        let (file, piece) = unsafe { (*files.add(at), &*pieces.add(at)) };
        // SAFETY: as above; an empty piece has no bytes that could be read.
        if piece.length == 0 { &[] } else { unsafe { slice::from_raw_parts(file.add(piece.offset), piece.length) } }
    })
}

/// All are exact: a sum of squares is less than 2^43.
fn write(numbers: &mut [u64], outcome: &Outcome) {
    numbers[0] = MEASURED;
    (numbers[1], numbers[2]) = (nanoseconds(outcome.decoding), nanoseconds(outcome.scanning));
    for (channel, to) in outcome.channels.iter().zip(numbers[3..].as_chunks_mut::<4>().0) {
        *to = [channel.sum, channel.sum_sq, channel.min.into(), channel.max.into()];
    }
}

fn nanoseconds(time: Duration) -> u64 {
    time.as_nanos() as u64
}

/// As many of the words as there is room for, and a zero behind them.
fn say(to: &mut [u8], words: &str) {
    let length = words.len().min(to.len() - 1);
    to[..length].copy_from_slice(&words.as_bytes()[..length]);
    to[length] = 0;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::null;

    /// What becomes of an image without a file, which is left to another kernel, with so much room: the room and the state.
    fn pixels_of(width: u32, height: u32, room: usize) -> (bool, Vec<u8>, u64) {
        let mut pixels = vec![7; room];
        let (mut numbers, mut details) = ([9; OUT_OF_PIXELS], [0; DETAIL]);
        let images = [width, height, 0];
        // SAFETY: all is there, and an image without pieces has no files.
        let fits = unsafe {
            fanfleet_pixels(
                null(),
                null(),
                images.as_ptr(),
                1,
                pixels.as_mut_ptr(),
                room,
                numbers.as_mut_ptr(),
                details.as_mut_ptr(),
            )
        };
        (fits, pixels, numbers[0])
    }

    #[test]
    fn pixels_are_refused_without_room_for_all_of_them() {
        assert_eq!(pixels_of(2, 3, 18), (true, vec![7; 18], FOREIGN));
        assert_eq!(pixels_of(2, 3, 17), (false, vec![7; 17], 9));
        assert_eq!(pixels_of(u32::MAX, u32::MAX, 100), (false, vec![7; 100], 9));
    }
}
