//! One image on its way through the kernel.

use crate::clock::Instant;
use crate::normalise::{self, Normalisation, Normalised};
use crate::scan::Channel;
use crate::tally::{Histogram, Tally};
use crate::{jpeg, png};
use std::cell::RefCell;
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

    fn format(&self) -> Option<Format> {
        match self.pieces.first() {
            Some([0xff, 0xd8, ..]) => Some(Format::Jpeg),
            Some([0x89, b'P', b'N', b'G', ..]) => Some(Format::Png),
            _ => None,
        }
    }
}

enum Format {
    Jpeg,
    Png,
}

/// What is found out about the pixels of an image.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Statistics,
    /// How often each value occurs as well.
    Histogram,
    /// The statistics of a JPEG decoded at an eighth of its size: its means are near those of the image, the rest is
    /// not. They are exact for a PNG.
    Eighth,
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

/// The most pixels of an image, as in src/kernel/row.ts, whose readers have refused larger ones before.
const MAX_PIXELS: u64 = 1 << 27;

/// Keeps no more than this for the next image.
const KEPT_BYTES: usize = 16 << 20;

/// Memory that a thread uses for one image after another.
#[derive(Default)]
pub struct Scratch {
    /// Lines as they are decoded.
    pub lines: Vec<u8>,
    /// A whole image.
    pub pixels: Vec<u8>,
    pub compressed: Vec<u8>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Measure one image on this thread.
pub fn measure(image: &Image, wanted: Measure) -> Result<Outcome, Failure> {
    with_scratch(image, |format, scratch| match format {
        Format::Jpeg => measure_jpeg(image, wanted, &mut scratch.lines),
        Format::Png => png::measure(image, wanted, scratch),
    })
}

/// Normalise one image on this thread.
pub fn normalise(image: &Image, normalisation: &Normalisation) -> Result<Normalised, Failure> {
    with_scratch(image, |format, scratch| {
        let started = Instant::now();
        let mut tally = Tally::new(Measure::Statistics);
        let channels = match format {
            Format::Jpeg => decode_jpeg(image, &mut tally, &mut scratch.pixels)?,
            Format::Png => png::decode(image, &mut tally, scratch)?,
        };
        let decoding = started.elapsed();
        let (own, _) = tally.total(channels);
        let pixels = &mut scratch.pixels[..image.pixels() * channels];
        normalise::encode(image, pixels, channels, own, normalisation, decoding)
    })
}

fn with_scratch<T>(image: &Image, work: impl FnOnce(Format, &mut Scratch) -> Result<T, Failure>) -> Result<T, Failure> {
    if !(1..=MAX_PIXELS).contains(&(u64::from(image.width) * u64::from(image.height))) {
        return Err(Failure::Foreign);
    }
    let format = image.format().ok_or(Failure::Foreign)?;
    SCRATCH.with_borrow_mut(|scratch| {
        let outcome = work(format, scratch);
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

/// Decode into one strip after the other, scanned while it is in the cache.
fn measure_jpeg(image: &Image, wanted: Measure, strip: &mut Vec<u8>) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let mut scanning = Duration::ZERO;
    let mut tally = Tally::new(wanted);
    let mut lines = jpeg::Lines::open(image, if wanted == Measure::Eighth { 8 } else { 1 }, true)?;
    let strip = at_least(strip, lines.strip_lines() * lines.stride)?;
    loop {
        let read = lines.read(strip)?;
        if read.is_empty() {
            break;
        }
        let decoded = Instant::now();
        if lines.planar {
            tally.add_planes(read, lines.stride);
        } else {
            tally.add(read, lines.channels);
        }
        scanning += decoded.elapsed();
    }
    let (channels, histogram) = tally.total(lines.channels);
    Ok(Outcome { channels, histogram, decoding: started.elapsed().saturating_sub(scanning), scanning })
}

/// Decode the whole image, and give its count of channels.
fn decode_jpeg(image: &Image, tally: &mut Tally, pixels: &mut Vec<u8>) -> Result<usize, Failure> {
    let mut lines = jpeg::Lines::open(image, 1, false)?;
    let strip = lines.strip_lines() * lines.stride;
    let pixels = at_least(pixels, image.pixels() * lines.channels)?;
    let mut at = 0;
    while at < pixels.len() {
        let end = pixels.len().min(at + strip);
        let read = lines.read(&mut pixels[at..end])?;
        tally.add(read, lines.channels);
        at += read.len();
    }
    Ok(lines.channels)
}
