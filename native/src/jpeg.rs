//! JPEG, decoded strip by strip, each strip scanned while it is in the cache.

use crate::image::{Failure, Image, Outcome};
use crate::scan::{Channel, scan_grey, scan_rgb};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::time::{Duration, Instant};
// Brings libjpeg-turbo, which jpeg.c calls.
use turbojpeg_sys as _;

/// A strip stays in the first-level cache with the lines that libjpeg works on.
const STRIP_BYTES: usize = 24 * 1024;

// In jpeg.c, which has what each of them does.
unsafe extern "C" {
    fn fanfleet_jpeg_new() -> *mut c_void;
    fn fanfleet_jpeg_open(this: *mut c_void, pieces: *const Piece, count: usize, width: u32, height: u32) -> c_int;
    fn fanfleet_jpeg_read(this: *mut c_void, to: *mut u8, lines: c_int, stride: usize) -> c_int;
    fn fanfleet_jpeg_message(this: *const c_void) -> *const c_char;
    fn fanfleet_jpeg_free(this: *mut c_void);
}

#[repr(C)]
struct Piece {
    data: *const u8,
    length: usize,
}

/// Measure a JPEG of one or three components.
pub fn measure(image: &Image, strip: &mut Vec<u8>) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let pieces: Vec<Piece> =
        image.pieces.iter().map(|piece| Piece { data: piece.as_ptr(), length: piece.len() }).collect();
    let decoder = Decoder::new()?;
    // SAFETY: the pieces outlive the decoder, which is dropped before them.
    let channels = unsafe { fanfleet_jpeg_open(decoder.0, pieces.as_ptr(), pieces.len(), image.width, image.height) };
    let channels = match channels {
        1 => 1,
        3 => 3,
        _ => return Err(decoder.failure()),
    };
    let stride = image.width as usize * channels;
    let lines = (STRIP_BYTES / stride).clamp(1, image.height as usize);
    strip.resize(lines * stride, 0);

    let mut total = [Channel::NONE; 3];
    let mut scanning = Duration::ZERO;
    let mut left = image.height as usize;
    while left > 0 {
        // SAFETY: the strip has room for `lines` lines of `stride` bytes.
        let read = unsafe { fanfleet_jpeg_read(decoder.0, strip.as_mut_ptr(), lines as c_int, stride) };
        let read = usize::try_from(read).map_err(|_| decoder.failure())?;
        if read == 0 {
            return Err(Failure::Damaged("the image has fewer lines than its header says".into()));
        }
        let decoded = Instant::now();
        let pixels = &strip[..read * stride];
        if channels == 1 {
            scan_grey(pixels, &mut total[0]);
        } else {
            scan_rgb(pixels, &mut total);
        }
        scanning += decoded.elapsed();
        left = left.saturating_sub(read);
    }
    drop(decoder);
    if channels == 1 {
        total = [total[0]; 3];
    }
    Ok(Outcome { channels: total, decoding: started.elapsed().saturating_sub(scanning), scanning })
}

struct Decoder(*mut c_void);

impl Decoder {
    fn new() -> Result<Self, Failure> {
        // SAFETY: allocates; null is for no memory.
        let raw = unsafe { fanfleet_jpeg_new() };
        if raw.is_null() { Err(Failure::Damaged("out of memory".into())) } else { Ok(Self(raw)) }
    }

    fn failure(&self) -> Failure {
        // SAFETY: the message is a string in the decoder, ended by zero.
        let message = unsafe { CStr::from_ptr(fanfleet_jpeg_message(self.0)) };
        Failure::Damaged(message.to_string_lossy().into_owned())
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: made by `new`, and freed once.
        unsafe { fanfleet_jpeg_free(self.0) }
    }
}
