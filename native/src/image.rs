//! One image on its way through the kernel.

use crate::scan::Channel;
use crate::{jpeg, png};
use std::cell::RefCell;
use std::time::Duration;

/// An image as the header readers of `src/kernel/formats` found it: its size is checked, its metadata cut out.
pub struct Image<'a> {
    pub width: u32,
    pub height: u32,
    pub pieces: Vec<&'a [u8]>,
}

pub struct Outcome {
    /// R, G, B; equal for grey.
    pub channels: [Channel; 3],
    pub decoding: Duration,
    pub scanning: Duration,
}

pub enum Failure {
    /// The decoder's words about an image that cannot be measured.
    Damaged(String),
    /// A variant, or damage, about which the portable kernel has the word.
    Foreign,
}

/// The most pixels of an image, as in src/kernel/row.ts, whose readers have refused larger ones before.
const MAX_PIXELS: u64 = 1 << 27;

/// Keeps no more than this for the next image.
const KEPT_BYTES: usize = 16 << 20;

/// Memory that a thread uses for one image after another.
#[derive(Default)]
pub struct Scratch {
    pub pixels: Vec<u8>,
    pub compressed: Vec<u8>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Measure one image on this thread.
pub fn measure(image: &Image) -> Result<Outcome, Failure> {
    if !(1..=MAX_PIXELS).contains(&(u64::from(image.width) * u64::from(image.height))) {
        return Err(Failure::Foreign);
    }
    SCRATCH.with_borrow_mut(|scratch| {
        let outcome = match image.pieces.first() {
            Some([0xff, 0xd8, ..]) => jpeg::measure(image, &mut scratch.pixels),
            Some([0x89, b'P', b'N', b'G', ..]) => png::measure(image, scratch),
            _ => Err(Failure::Foreign),
        };
        for buffer in [&mut scratch.pixels, &mut scratch.compressed] {
            if buffer.capacity() > KEPT_BYTES {
                *buffer = Vec::new();
            }
        }
        outcome
    })
}
