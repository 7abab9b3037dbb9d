//! From the pixels of an image to the pixels of its normalised file, or to the file itself.

use crate::clock::Instant;
#[cfg(target_family = "wasm")]
use crate::hand_over::hand_over;
use crate::image::{Failure, Image};
use crate::jpeg_encoder;
use crate::scan::Channel;
use crate::stretch::{Range, ToBytes, ToFloats};
use libdeflate_sys as deflate;
use std::convert::Infallible;
use std::time::Duration;

/// What an image is made into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// The lines of a PNG with the filter "Sub", not yet compressed.
    PngLines,
    /// A file of 4:2:0 with this quality.
    Jpeg(u8),
    /// Little-endian float32, behind so many bytes for a header.
    Floats(usize),
}

pub struct Normalisation {
    pub output: Output,
    /// Whether each channel has its own range.
    pub each: bool,
    /// Instead of the image's own.
    pub range: Option<[Range; 3]>,
}

pub struct Normalised {
    /// The image's own.
    pub ranges: [Range; 3],
    pub output: Vec<u8>,
    /// CRC-32 of the stretched pixels; only of a JPEG.
    pub checksum: u32,
    pub decoding: Duration,
    pub encoding: Duration,
}

/// So many lines are stretched and encoded while they are in the cache: two rows of a JPEG's blocks.
const STRIP_LINES: usize = 16;

const FILTER_SUB: u8 = 1;

/// Stretch and encode.
///
/// `pixels` are grey or RGB, and are overwritten; `own` is what is known of them.
pub fn encode(
    image: &Image,
    pixels: &mut [u8],
    channels: usize,
    own: [Channel; 3],
    normalisation: &Normalisation,
    decoding: Duration,
) -> Result<Normalised, Failure> {
    let started = Instant::now();
    let own = own.map(|channel| Range { min: channel.min, max: channel.max });
    let ranges = stretched(own, normalisation);
    let strips = Strips { pixels, channels, stride: 3 * image.width as usize };
    let (output, checksum) = match normalisation.output {
        Output::PngLines => (png_lines(image, strips, ranges), 0),
        Output::Jpeg(quality) => jpeg_file(image, strips, ranges, quality).map_err(Failure::Damaged)?,
        Output::Floats(header) => (floats(image, strips, ranges, header), 0),
    };
    Ok(Normalised { ranges: own, output, checksum, decoding, encoding: started.elapsed() })
}

/// What becomes the smallest and largest value of the output.
fn stretched(own: [Range; 3], normalisation: &Normalisation) -> [Range; 3] {
    let ranges = normalisation.range.unwrap_or(own);
    if normalisation.each {
        return ranges;
    }
    let all = |a: Range, b: Range| Range { min: a.min.min(b.min), max: a.max.max(b.max) };
    [all(all(ranges[0], ranges[1]), ranges[2]); 3]
}

/// An image of which a few lines at a time are worked on.
struct Strips<'a> {
    pixels: &'a mut [u8],
    channels: usize,
    /// Bytes of a line of RGB.
    stride: usize,
}

impl Strips<'_> {
    /// Hand over all strips in RGB.
    fn each<E>(self, mut work: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<(), E> {
        if self.channels != 1 {
            return self.pixels.chunks_mut(STRIP_LINES * self.stride).try_for_each(work);
        }
        let mut rgb = vec![0; STRIP_LINES * self.stride];
        for grey in self.pixels.chunks(STRIP_LINES * self.stride / 3) {
            let rgb = &mut rgb[..3 * grey.len()];
            rgb.as_chunks_mut().0.iter_mut().zip(grey).for_each(|(pixel, value)| *pixel = [*value; 3]);
            work(rgb)?;
        }
        Ok(())
    }
}

fn jpeg_file(image: &Image, strips: Strips, ranges: [Range; 3], quality: u8) -> Result<(Vec<u8>, u32), String> {
    let stretch = ToBytes::new(ranges);
    let mut checksum = 0;
    let file = jpeg_encoder::encode(image.width, image.height, quality, |encoder| {
        strips.each(|strip| {
            stretch.apply(strip);
            // SAFETY: so many bytes are there.
            checksum = unsafe { deflate::libdeflate_crc32(checksum, strip.as_ptr().cast(), strip.len()) };
            encoder.write(strip)
        })
    })?;
    Ok((file, checksum))
}

fn png_lines(image: &Image, strips: Strips, ranges: [Range; 3]) -> Vec<u8> {
    let stretch = ToBytes::new(ranges);
    let stride = strips.stride;
    let mut lines = Made::new(image.height as usize * (1 + stride));
    let Ok(()) = strips.each::<Infallible>(|strip| {
        stretch.apply(strip);
        for line in strip.chunks_exact(stride) {
            lines.bytes.push(FILTER_SUB);
            lines.bytes.extend_from_slice(&line[..3]);
            lines.bytes.extend(line[3..].iter().zip(line).map(|(value, left)| value.wrapping_sub(*left)));
        }
        lines.pass_on();
        Ok(())
    });
    lines.bytes
}

fn floats(image: &Image, strips: Strips, ranges: [Range; 3], header: usize) -> Vec<u8> {
    let stretch = ToFloats::new(ranges);
    let mut file = Made::new(header + 12 * image.pixels());
    file.bytes.resize(header, 0);
    let Ok(()) = strips.each::<Infallible>(|strip| {
        stretch.append(strip, &mut file.bytes);
        file.pass_on();
        Ok(())
    });
    file.bytes
}

/// An output that is made strip by strip.
struct Made {
    bytes: Vec<u8>,
    /// How many there will be.
    total: usize,
}

#[cfg(not(target_family = "wasm"))]
impl Made {
    fn new(total: usize) -> Self {
        Self { bytes: Vec::with_capacity(total), total }
    }

    fn pass_on(&self) {
        debug_assert!(self.bytes.len() <= self.total);
    }
}

/// JavaScript takes each strip, and nothing is left in the end.
#[cfg(target_family = "wasm")]
impl Made {
    fn new(total: usize) -> Self {
        Self { bytes: Vec::new(), total }
    }

    fn pass_on(&mut self) {
        hand_over(&self.bytes, self.total);
        self.bytes.clear();
    }
}
