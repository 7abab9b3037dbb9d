//! What is done with one image, on one thread.

use crate::clock::Instant;
use crate::image::{Failure, Format, Image, Outcome};
use crate::normalise::{self, Normalisation, Normalised};
use crate::scratch::{Scratch, at_least, spread, with_scratch};
use crate::tally::{Measure, Tally};
use crate::{jpeg, png};
use std::time::Duration;

/// The most pixels of an image, as in src/contract/row.ts, whose readers have refused larger ones before.
const MAX_PIXELS: u64 = 1 << 27;

/// Measure one image on this thread.
pub fn measure(image: &Image, wanted: Measure) -> Result<Outcome, Failure> {
    by_format(image, |format, scratch| match format {
        Format::Jpeg => measure_jpeg(image, wanted, &mut scratch.lines),
        Format::Png => png::measure(image, wanted, scratch),
    })
}

/// Normalise one image on this thread.
pub fn normalise(image: &Image, normalisation: &Normalisation) -> Result<Normalised, Failure> {
    by_format(image, |format, scratch| {
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

/// Decode one image on this thread, and hand over its pixels as R, G and B, some lines at a time from the top. Gives how
/// long it took.
pub fn pixels(image: &Image, mut take: impl FnMut(&[u8])) -> Result<Duration, Failure> {
    by_format(image, |format, scratch| {
        let started = Instant::now();
        match format {
            Format::Jpeg => jpeg_pixels(image, scratch, &mut take)?,
            Format::Png => png::pixels(image, scratch, &mut take)?,
        }
        Ok(started.elapsed())
    })
}

fn by_format<T>(image: &Image, work: impl FnOnce(Format, &mut Scratch) -> Result<T, Failure>) -> Result<T, Failure> {
    if !(1..=MAX_PIXELS).contains(&(u64::from(image.width) * u64::from(image.height))) {
        return Err(Failure::Foreign);
    }
    let format = image.format().ok_or(Failure::Foreign)?;
    with_scratch(|scratch| work(format, scratch))
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

fn jpeg_pixels(image: &Image, scratch: &mut Scratch, take: &mut impl FnMut(&[u8])) -> Result<(), Failure> {
    let mut lines = jpeg::Lines::open(image, 1, false)?;
    let strip = at_least(&mut scratch.lines, lines.strip_lines() * lines.stride)?;
    loop {
        let read = lines.read(strip)?;
        match (read.len(), lines.channels) {
            (0, _) => return Ok(()),
            (_, 1) => take(spread(read, &mut scratch.pixels)),
            _ => take(read),
        }
    }
}
