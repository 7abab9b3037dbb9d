//! PNG of up to 8 bits a sample, not interlaced. Lossless, so any decoder gives the same pixels of a sound file; one
//! that is not sound in every detail is left to sharp or Pillow, which know what other engines make of it.

use crate::clock::Instant;
use crate::image::{Failure, Image, Outcome};
use crate::png_counter::Counter;
use crate::png_layout::{HEADER_BYTES, Layout};
use crate::scratch::{Scratch, at_least, spread};
use crate::tally::{Measure, Tally};
use crate::unfilter::unfilter;
use libdeflate_sys as deflate;
use std::ffi::c_void;
use std::time::Duration;

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

/// Decode, and hand over the pixels as R, G and B, strip by strip.
pub fn pixels(image: &Image, scratch: &mut Scratch, take: &mut impl FnMut(&[u8])) -> Result<(), Failure> {
    let layout = Layout::of(image).ok_or(Failure::Foreign)?;
    let mut rgb = std::mem::take(&mut scratch.pixels);
    let mut strip_pixels = Vec::new();
    each_strip(image, layout, scratch, |layout, strip| {
        strip_pixels.clear();
        layout.lines(strip).for_each(|line| layout.expand(line, &mut strip_pixels));
        take(if layout.channels() == 1 { spread(&strip_pixels, &mut rgb) } else { &strip_pixels });
    })?;
    scratch.pixels = rgb;
    Ok(())
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
                b"tRNS" if layout.has_palette() => transparency = body,
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
    if layout.has_palette() {
        layout.fill_palette(entries, transparency);
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
