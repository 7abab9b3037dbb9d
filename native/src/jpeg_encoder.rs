//! JPEG files, encoded strip by strip.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int, c_void};
// Brings libjpeg-turbo, which jpeg_encoder.c calls.
#[cfg(not(target_family = "wasm"))]
use turbojpeg_sys as _;

/// The longest file whose memory a thread keeps for the next one.
const KEPT_BYTES: usize = 4 << 20;

// In jpeg_encoder.c, which has what each of them does.
unsafe extern "C" {
    fn fanfleet_jpeg_encoder_new() -> *mut c_void;
    fn fanfleet_jpeg_encoder_begin(this: *mut c_void, width: u32, height: u32, quality: c_int) -> c_int;
    fn fanfleet_jpeg_encoder_write(this: *mut c_void, rgb: *const u8, lines: c_int, stride: usize) -> c_int;
    fn fanfleet_jpeg_encoder_end(this: *mut c_void, file: *mut *const u8) -> usize;
    fn fanfleet_jpeg_encoder_message(this: *const c_void) -> *const c_char;
    fn fanfleet_jpeg_encoder_free(this: *mut c_void);
}

thread_local! {
    static ENCODER: RefCell<Option<Encoder>> = const { RefCell::new(None) };
}

/// Encode an image of `width` x `height`, all of whose lines `give` writes to the encoder. An error is in the encoder's
/// own words.
pub fn encode(
    width: u32,
    height: u32,
    quality: u8,
    give: impl FnOnce(&mut Encoder) -> Result<(), String>,
) -> Result<Vec<u8>, String> {
    ENCODER.with_borrow_mut(|kept| {
        let mut encoder = kept.take().map_or_else(Encoder::new, Ok)?;
        encoder.stride = 3 * width as usize;
        // SAFETY: the encoder is this thread's own.
        if unsafe { fanfleet_jpeg_encoder_begin(encoder.raw, width, height, c_int::from(quality)) } == 0 {
            return Err(encoder.message());
        }
        give(&mut encoder)?;
        let file = encoder.end()?;
        if file.len() <= KEPT_BYTES {
            *kept = Some(encoder);
        }
        Ok(file)
    })
}

pub struct Encoder {
    raw: *mut c_void,
    /// Bytes of a line.
    stride: usize,
}

impl Encoder {
    fn new() -> Result<Self, String> {
        // SAFETY: allocates; null is for no memory.
        let raw = unsafe { fanfleet_jpeg_encoder_new() };
        if raw.is_null() { Err("out of memory".into()) } else { Ok(Self { raw, stride: 0 }) }
    }

    /// Encode the next whole lines of RGB.
    pub fn write(&mut self, rgb: &[u8]) -> Result<(), String> {
        let lines = (rgb.len() / self.stride) as c_int;
        // SAFETY: so many lines of `stride` bytes, which is the image's width, are there.
        match unsafe { fanfleet_jpeg_encoder_write(self.raw, rgb.as_ptr(), lines, self.stride) } {
            0 => Err(self.message()),
            _ => Ok(()),
        }
    }

    fn end(&mut self) -> Result<Vec<u8>, String> {
        let mut file = std::ptr::null();
        // SAFETY: `file` is set to memory of the length that is given, valid until the next file begins.
        match unsafe { fanfleet_jpeg_encoder_end(self.raw, &mut file) } {
            0 => Err(self.message()),
            // SAFETY: as above.
            length => Ok(unsafe { std::slice::from_raw_parts(file, length) }.to_vec()),
        }
    }

    fn message(&self) -> String {
        // SAFETY: the message is a string in the encoder, ended by zero.
        unsafe { CStr::from_ptr(fanfleet_jpeg_encoder_message(self.raw)) }.to_string_lossy().into_owned()
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: made by `new`, and freed once.
        unsafe { fanfleet_jpeg_encoder_free(self.raw) }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    unsafe extern "C" {
        static mut fanfleet_huffman_widest: c_int;
    }

    /// From flat to noise, at a size whose last blocks are filled up.
    fn picture(roughness: u32) -> Vec<u8> {
        let value = |at: u32| 90 + at / 57 % 64 + (at.wrapping_mul(2_654_435_761) >> 24) * roughness / 100;
        (0..SIDE * SIDE * 3).map(|at| value(at).min(255) as u8).collect()
    }
    const SIDE: u32 = 83;

    #[test]
    fn every_kind_of_vectors_writes_the_same_file() {
        for roughness in [0, 1, 5, 20, 100] {
            let rgb = picture(roughness);
            for quality in [1, 30, 75, 90, 98, 100] {
                let [libjpegs, avx2, avx512] = [0, 256, 512].map(|bits| {
                    // SAFETY: other tests of this process may read either number, and write the same files.
                    unsafe { fanfleet_huffman_widest = bits };
                    encode(SIDE, SIDE, quality, |encoder| encoder.write(&rgb)).expect("a file")
                });
                assert!(avx2 == libjpegs, "AVX2, roughness {roughness}, quality {quality}");
                assert!(avx512 == libjpegs, "AVX-512, roughness {roughness}, quality {quality}");
            }
        }
    }
}
