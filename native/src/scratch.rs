//! Memory that a thread uses for one image after another.

use crate::image::Failure;
use std::cell::RefCell;

/// Keeps no more than this for the next image.
const KEPT_BYTES: usize = 16 << 20;

#[derive(Default)]
pub struct Scratch {
    /// Lines as they are decoded.
    pub lines: Vec<u8>,
    /// A whole image, or some lines of it in RGB.
    pub pixels: Vec<u8>,
    pub compressed: Vec<u8>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Work with this thread's memory, of which too large buffers are given back afterwards.
pub fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with_borrow_mut(|scratch| {
        let outcome = work(scratch);
        for buffer in [&mut scratch.lines, &mut scratch.pixels, &mut scratch.compressed] {
            if buffer.capacity() > KEPT_BYTES {
                *buffer = Vec::new();
            }
        }
        outcome
    })
}

/// Make a buffer at least so long; what it has is left there.
pub fn at_least(buffer: &mut Vec<u8>, length: usize) -> Result<&mut [u8], Failure> {
    if buffer.len() < length {
        buffer.try_reserve_exact(length - buffer.len()).map_err(|_| Failure::Foreign)?;
        buffer.resize(length, 0);
    }
    Ok(&mut buffer[..length])
}

/// Grey in all three channels, in a buffer whose bytes are lost.
pub fn spread<'a>(grey: &[u8], rgb: &'a mut Vec<u8>) -> &'a [u8] {
    rgb.clear();
    append(rgb, grey.iter().map(|value| [*value; 3]));
    rgb
}

/// Append pixels to a buffer.
pub fn append<const N: usize>(to: &mut Vec<u8>, pixels: impl ExactSizeIterator<Item = [u8; N]>) {
    let first = to.len();
    to.resize(first + N * pixels.len(), 0);
    // Into room that is there already, which the compiler makes a loop without checks of.
    to[first..].as_chunks_mut().0.iter_mut().zip(pixels).for_each(|(place, pixel)| *place = pixel);
}
