//! An image that comes in, and what is known of it in the end.

use crate::scan::Channel;
use crate::tally::Histogram;
use std::time::Duration;

/// An image as the header readers of `src/kernel/formats` found it: its size is checked, its metadata cut out.
pub struct Image<'a> {
    pub width: u32,
    pub height: u32,
    pub pieces: Vec<&'a [u8]>,
}

impl Image<'_> {
    pub fn pixels(&self) -> usize {
        self.width as usize * self.height as usize
    }

    pub fn format(&self) -> Option<Format> {
        match self.pieces.first() {
            Some([0xff, 0xd8, ..]) => Some(Format::Jpeg),
            Some([0x89, b'P', b'N', b'G', ..]) => Some(Format::Png),
            _ => None,
        }
    }
}

pub enum Format {
    Jpeg,
    Png,
}

pub struct Outcome {
    /// R, G, B; equal for grey.
    pub channels: [Channel; 3],
    pub histogram: Option<Box<Histogram>>,
    pub decoding: Duration,
    pub scanning: Duration,
}

pub enum Failure {
    /// The decoder's words about an image that cannot be measured.
    Damaged(String),
    /// A variant, or damage, about which sharp or Pillow has the word.
    Foreign,
}
