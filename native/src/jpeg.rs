//! JPEG, decoded strip by strip, each strip worked on while it is in the cache.

use crate::image::{Failure, Image};
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
// Brings libjpeg-turbo, which jpeg.c calls.
#[cfg(not(target_family = "wasm"))]
use turbojpeg_sys as _;

/// A strip stays in the first-level cache with the lines that libjpeg works on.
pub const STRIP_BYTES: usize = 24 * 1024;

// In jpeg.c, which has what each of them does.
unsafe extern "C" {
    fn fanfleet_jpeg_new() -> *mut c_void;
    fn fanfleet_jpeg_open(
        this: *mut c_void,
        pieces: *const Piece,
        count: usize,
        width: u32,
        height: u32,
        shrink: u32,
        may_be_planar: c_int,
    ) -> c_int;
    fn fanfleet_jpeg_is_planar(this: *const c_void) -> c_int;
    fn fanfleet_jpeg_read(this: *mut c_void, to: *mut u8, lines: c_int, stride: usize) -> c_int;
    fn fanfleet_jpeg_message(this: *const c_void) -> *const c_char;
    fn fanfleet_jpeg_close(this: *mut c_void);
    fn fanfleet_jpeg_free(this: *mut c_void);
}

#[repr(C)]
struct Piece {
    data: *const u8,
    length: usize,
}

/// A JPEG of one or three components that is being decoded.
pub struct Lines<'a> {
    decoder: Decoder,
    /// Read by the decoder until it is dropped.
    _pieces: Vec<Piece>,
    _image: PhantomData<&'a [u8]>,
    /// 1 for grey, else 3.
    pub channels: usize,
    /// Whether a line is all its R, then all its G and B.
    pub planar: bool,
    /// Bytes of a line.
    pub stride: usize,
    /// Lines that were not read yet.
    left: usize,
}

impl<'a> Lines<'a> {
    /// Read the header, and decode at 1 / `shrink` of the size (1 or 8), rounded up.
    ///
    /// `may_be_planar`: whether the lines may be `planar`, which is faster to decode and to measure for WebAssembly.
    pub fn open(image: &Image<'a>, shrink: u32, may_be_planar: bool) -> Result<Self, Failure> {
        let pieces: Vec<Piece> =
            image.pieces.iter().map(|piece| Piece { data: piece.as_ptr(), length: piece.len() }).collect();
        let decoder = Decoder::new()?;
        // SAFETY: the pieces live as long as the decoder: both are in what is given, and `'a` outlives it.
        let channels = unsafe {
            let (width, height) = (image.width, image.height);
            fanfleet_jpeg_open(
                decoder.raw(),
                pieces.as_ptr(),
                pieces.len(),
                width,
                height,
                shrink,
                may_be_planar.into(),
            )
        };
        let channels = match channels {
            1 => 1,
            3 => 3,
            _ => return Err(decoder.failure()),
        };
        let [width, height] = [image.width, image.height].map(|side| side.div_ceil(shrink) as usize);
        let stride = width * channels;
        // SAFETY: the decoder was opened.
        let planar = unsafe { fanfleet_jpeg_is_planar(decoder.raw()) } != 0;
        Ok(Self { decoder, _pieces: pieces, _image: PhantomData, channels, planar, stride, left: height })
    }

    /// So many lines make a strip.
    pub fn strip_lines(&self) -> usize {
        (STRIP_BYTES / self.stride).clamp(1, self.left.max(1))
    }

    /// Decode the next lines, as many as fit. Gives their bytes: fewer for the last ones, none at the end.
    pub fn read<'b>(&mut self, to: &'b mut [u8]) -> Result<&'b mut [u8], Failure> {
        let wanted = (to.len() / self.stride).min(self.left);
        if wanted == 0 {
            return Ok(&mut []);
        }
        // SAFETY: there is room for `wanted` lines of `stride` bytes.
        let read = unsafe { fanfleet_jpeg_read(self.decoder.raw(), to.as_mut_ptr(), wanted as c_int, self.stride) };
        let read = usize::try_from(read).map_err(|_| self.decoder.failure())?;
        if read == 0 {
            return Err(Failure::Damaged("the image has fewer lines than its header says".into()));
        }
        self.left -= read;
        Ok(&mut to[..read * self.stride])
    }
}

/// Its memory is there until it is dropped.
struct Decoder(Option<Memory>);

impl Decoder {
    fn new() -> Result<Self, Failure> {
        if let Some(memory) = KEPT.take() {
            return Ok(Self(Some(memory)));
        }
        // SAFETY: allocates; null is for no memory.
        let raw = unsafe { fanfleet_jpeg_new() };
        if raw.is_null() { Err(Failure::Damaged("out of memory".into())) } else { Ok(Self(Some(Memory(raw)))) }
    }

    fn raw(&self) -> *mut c_void {
        self.0.as_ref().map_or(std::ptr::null_mut(), |memory| memory.0)
    }

    fn failure(&self) -> Failure {
        // SAFETY: the message is a string in the decoder, ended by zero.
        let message = unsafe { CStr::from_ptr(fanfleet_jpeg_message(self.raw())) };
        Failure::Damaged(message.to_string_lossy().into_owned())
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        if let Some(memory) = self.0.take() {
            // SAFETY: nobody reads its lines any more.
            unsafe { fanfleet_jpeg_close(memory.0) };
            // In a thread that ends there is no next image, and it is freed.
            let _ = KEPT.try_with(|kept| kept.set(Some(memory)));
        }
    }
}

thread_local! {
    /// For the next image of this thread: the tables of the last one are in it, which are mostly its own as well.
    static KEPT: Cell<Option<Memory>> = const { Cell::new(None) };
}

struct Memory(*mut c_void);

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: made by `fanfleet_jpeg_new`, closed, and freed once.
        unsafe { fanfleet_jpeg_free(self.0) }
    }
}
