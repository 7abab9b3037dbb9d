//! PNG of up to 8 bits a sample, not interlaced. Lossless, so any decoder gives the same pixels of a sound file; one
//! that is not sound in every detail is left to sharp or Pillow, which know what other engines make of it.

use crate::clock::Instant;
use crate::image::{Failure, Image, Measure, Outcome, Scratch, at_least};
use crate::png_counter::Counter;
use crate::tally::Tally;
use crate::unfilter::unfilter;
use libdeflate_sys as deflate;
use std::ffi::c_void;
use std::time::Duration;

const GREY: u8 = 0;
const RGB: u8 = 2;
const PALETTE: u8 = 3;
const GREY_ALPHA: u8 = 4;
const RGBA: u8 = 6;

/// The signature and the header chunk.
const HEADER_BYTES: usize = 33;

/// A strip stays in the first-level cache between the filters and what comes then; asking a clock for each line would be felt.
const STRIP_BYTES: usize = 16 * 1024;

/// Undo the filters strip by strip, and measure each strip while it is in the cache.
pub fn measure(image: &Image, wanted: Measure, scratch: &mut Scratch) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let mut scanning = Duration::ZERO;
    let layout = Layout::of(image).ok_or(Failure::Foreign)?;
    let mut counter = Counter::new(Tally::new(wanted));
    let layout = each_strip(image, layout, scratch, |layout, strip| {
        let decoded = Instant::now();
        layout.lines(strip).for_each(|line| counter.add(layout, line));
        scanning += decoded.elapsed();
    })?;
    let (channels, histogram) = counter.total(&layout).total(layout.channels());
    Ok(Outcome { channels, histogram, decoding: started.elapsed().saturating_sub(scanning), scanning })
}

/// Decode the whole image to `scratch.pixels`, grey or RGB, and give its count of channels.
pub fn decode(image: &Image, tally: &mut Tally, scratch: &mut Scratch) -> Result<usize, Failure> {
    let layout = Layout::of(image).ok_or(Failure::Foreign)?;
    let channels = layout.channels();
    let mut pixels = std::mem::take(&mut scratch.pixels);
    pixels.clear();
    pixels.try_reserve_exact(image.pixels() * channels).map_err(|_| Failure::Foreign)?;
    each_strip(image, layout, scratch, |layout, strip| {
        let first = pixels.len();
        layout.lines(strip).for_each(|line| layout.expand(line, &mut pixels));
        tally.add(&pixels[first..], channels);
    })?;
    scratch.pixels = pixels;
    Ok(channels)
}

/// Inflate the whole image and hand over strips of its lines, their filters undone. Gives the layout with its palette.
fn each_strip(
    image: &Image,
    mut layout: Layout,
    scratch: &mut Scratch,
    mut work: impl FnMut(&Layout, &[u8]),
) -> Result<Layout, Failure> {
    let data = collect(image, &mut layout, &mut scratch.compressed).ok_or(Failure::Foreign)?;
    let lines = at_least(&mut scratch.lines, layout.line_bytes() * image.height as usize)?;
    inflate(data, lines)?;
    let bytes = layout.line_bytes();
    let strip_bytes = (STRIP_BYTES / bytes).max(1) * bytes;
    for strip in (0..lines.len()).step_by(strip_bytes) {
        let end = lines.len().min(strip + strip_bytes);
        for at in (strip..end).step_by(bytes) {
            let (before, rest) = lines.split_at_mut(at);
            let above = if at == 0 { &[] } else { &before[at - bytes + 1..] };
            let (filter, line) = rest[..bytes].split_first_mut().ok_or(Failure::Foreign)?;
            if !unfilter(*filter, layout.pixel_bytes(), line, above) {
                return Err(Failure::Foreign);
            }
        }
        work(&layout, &lines[strip..end]);
    }
    Ok(layout)
}

/// How the pixels lie in the inflated data.
pub struct Layout {
    pub width: usize,
    pub depth: usize,
    colour: u8,
    /// Over black, beyond the palette black.
    palette: [[u8; 3]; 256],
}

impl Layout {
    fn of(image: &Image) -> Option<Self> {
        let header = image.pieces.first()?.get(..HEADER_BYTES)?;
        let (depth, colour, interlace) = (header[24], header[25], header[28]);
        let known = match colour {
            GREY | PALETTE => matches!(depth, 1 | 2 | 4 | 8),
            RGB | GREY_ALPHA | RGBA => depth == 8,
            _ => false,
        };
        let size = [image.width.to_be_bytes(), image.height.to_be_bytes()].concat();
        if !known || interlace != 0 || header[16..24] != size {
            return None;
        }
        Some(Self { width: image.width as usize, depth: depth.into(), colour, palette: [[0; 3]; 256] })
    }

    fn samples(&self) -> usize {
        match self.colour {
            RGB => 3,
            GREY_ALPHA => 2,
            RGBA => 4,
            _ => 1,
        }
    }

    /// The distance of the filters.
    fn pixel_bytes(&self) -> usize {
        self.samples()
    }

    /// Of the pixels over black: 1 for grey, else 3.
    pub fn channels(&self) -> usize {
        if matches!(self.colour, GREY | GREY_ALPHA) { 1 } else { 3 }
    }

    pub fn has_alpha(&self) -> bool {
        matches!(self.colour, GREY_ALPHA | RGBA)
    }

    /// Whether a byte is an index, or several pixels.
    pub fn is_indexed(&self) -> bool {
        self.colour == PALETTE || self.depth < 8
    }

    /// The pixel at `place` of an indexed byte, counted from the left.
    pub fn colour_in(&self, byte: u8, place: usize) -> [u8; 3] {
        let value = (byte << (place * self.depth)) >> (8 - self.depth);
        match self.colour {
            PALETTE => self.palette[usize::from(value)],
            _ => [(u16::from(value) * 255 / ((1 << self.depth) - 1)) as u8; 3],
        }
    }

    /// Append the pixels of a line, over black.
    pub fn expand(&self, line: &[u8], to: &mut Vec<u8>) {
        match (self.colour, self.depth) {
            (GREY, 8) | (RGB, _) => to.extend_from_slice(line),
            (GREY_ALPHA, _) => to.extend(line.as_chunks().0.iter().map(|[value, alpha]| over_black(*value, *alpha))),
            (RGBA, _) => to.extend(
                line.as_chunks()
                    .0
                    .iter()
                    .flat_map(|[red, green, blue, alpha]| [red, green, blue].map(|value| over_black(*value, *alpha))),
            ),
            _ => {
                let (channels, per_byte) = (self.channels(), 8 / self.depth);
                for x in 0..self.width {
                    to.extend_from_slice(&self.colour_in(line[x / per_byte], x % per_byte)[..channels]);
                }
            }
        }
    }

    /// Of a strip, without their filter types.
    fn lines<'a>(&self, strip: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        strip.chunks_exact(self.line_bytes()).map(|line| &line[1..])
    }

    /// A line with its filter type.
    fn line_bytes(&self) -> usize {
        1 + (self.width * self.samples() * self.depth).div_ceil(8)
    }
}

/// Walk the chunks: fill the palette, and give the compressed data in one run.
fn collect<'a>(image: &Image<'a>, layout: &mut Layout, joined: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    let mut first: Option<&[u8]> = None;
    let mut transparency: &[u8] = &[];
    let mut entries: &[u8] = &[];
    joined.clear();
    for (at, piece) in image.pieces.iter().enumerate() {
        let mut rest = if at == 0 { piece.get(HEADER_BYTES..)? } else { piece };
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
            let body = rest.get(8..)?.get(..length)?;
            match rest.get(4..8)? {
                b"PLTE" => entries = body,
                b"tRNS" if layout.colour == PALETTE => transparency = body,
                b"tRNS" => return None,
                b"IDAT" => match first {
                    None => first = Some(body),
                    Some(begin) => {
                        if joined.is_empty() {
                            joined.extend_from_slice(begin);
                        }
                        joined.extend_from_slice(body);
                    }
                },
                _ => {}
            }
            rest = rest.get(length + 12..)?;
        }
    }
    for (at, colour) in entries.chunks_exact(3).take(256).enumerate() {
        let alpha = transparency.get(at).copied().unwrap_or(u8::MAX);
        layout.palette[at] = [0, 1, 2].map(|channel| over_black(colour[channel], alpha));
    }
    if joined.is_empty() { first } else { Some(joined) }
}

/// Inflate to exactly as many bytes. More, less, a wrong checksum or bytes after the end are for sharp or Pillow.
fn inflate(data: &[u8], to: &mut [u8]) -> Result<(), Failure> {
    let mut read = 0;
    // SAFETY: both buffers are as long as is said, and the decompressor is this thread's own.
    let result = INFLATER.with(|inflater| unsafe {
        deflate::libdeflate_zlib_decompress_ex(
            inflater.0,
            data.as_ptr().cast::<c_void>(),
            data.len(),
            to.as_mut_ptr().cast::<c_void>(),
            to.len(),
            &mut read,
            std::ptr::null_mut(),
        )
    });
    if result != deflate::libdeflate_result_LIBDEFLATE_SUCCESS || read != data.len() {
        return Err(Failure::Foreign);
    }
    Ok(())
}

struct Inflater(*mut deflate::libdeflate_decompressor);

impl Drop for Inflater {
    fn drop(&mut self) {
        // SAFETY: allocated below, and freed once, when its thread ends.
        unsafe { deflate::libdeflate_free_decompressor(self.0) }
    }
}

thread_local! {
    static INFLATER: Inflater = {
        // SAFETY: allocates.
        let raw = unsafe { deflate::libdeflate_alloc_decompressor() };
        assert!(!raw.is_null(), "no memory for a decompressor");
        Inflater(raw)
    };
}

/// c * a / 255 rounded to the nearest, as `overBlack` of src/kernel/scan.ts.
fn over_black(value: u8, alpha: u8) -> u8 {
    let scaled = u16::from(value) * u16::from(alpha) + 128;
    ((scaled + (scaled >> 8)) >> 8) as u8
}
